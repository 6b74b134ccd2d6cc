package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;

/** Seeded noise; the engine's own is another one in every run. */
public final class Noise {
  private Noise() {}

  /** Values from 0 to below {@code most}, float32. */
  public static NDArray uniform(NDManager manager, long seed, double most, Shape shape) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(most);
    }
    return manager.create(values, shape);
  }
}
