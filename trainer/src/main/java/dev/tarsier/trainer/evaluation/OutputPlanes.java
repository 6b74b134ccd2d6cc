package dev.tarsier.trainer.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.network.Scalars;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a network gives, in the size and the form that its exported model gives it: the one place
 * that says what an output's numbers mean.
 *
 * @param output float32 [N,C,h,w]. Not modified.
 * @param height of the planes, rows
 * @param width of the planes, columns
 */
public record OutputPlanes(NDArray output, int height, int width)
    implements HeadKind.Visitor<List<Plane>> {
  /**
   * Vectors are divided by no less, so that one of length 0 is no direction, and not NaN. Half
   * precision still holds it.
   */
  public static final float SHORTEST = 1e-6f;

  /** The engine's number for it. */
  private static final int BILINEAR = 1;

  /** A plane for each of the frames, on the heap. */
  public static List<Plane> of(HeadKind kind, NDArray output, int height, int width) {
    return kind.accept(new OutputPlanes(output, height, width));
  }

  /** The class of the largest logit at the nearest pixel; the lower id where two are equal. */
  @Override
  public List<Plane> classMap(ClassMap kind) {
    Shape shape = output.getShape();
    int channels = (int) shape.get(1);
    int rows = (int) shape.get(2);
    int columns = (int) shape.get(3);
    int area = rows * columns;
    float[] logits = output.toFloatArray();
    List<Plane> planes = new ArrayList<>();
    for (int frame = 0; frame < shape.get(0); frame++) {
      byte[] best = largest(logits, frame * channels * area, channels, area);
      byte[] ids = new byte[height * width];
      for (int y = 0; y < height; y++) {
        int row = Sampling.atCorner(y, height, rows) * columns;
        for (int x = 0; x < width; x++) {
          ids[y * width + x] = best[row + Sampling.atCorner(x, width, columns)];
        }
      }
      planes.add(Plane.ofIds(ids, width, height));
    }
    return planes;
  }

  private static byte[] largest(float[] logits, int first, int channels, int area) {
    byte[] best = new byte[area];
    for (int i = 0; i < area; i++) {
      int id = 0;
      for (int c = 1; c < channels; c++) {
        if (logits[first + c * area + i] > logits[first + id * area + i]) {
          id = c;
        }
      }
      best[i] = (byte) id;
    }
    return best;
  }

  /** Enlarged bilinearly. */
  @Override
  public List<Plane> metricMap(MetricMap kind) {
    try (NDArray full = enlarged()) {
      return split(full.toFloatArray(), width, height, 1);
    }
  }

  /** Enlarged bilinearly. */
  @Override
  public List<Plane> relativeMap(RelativeMap kind) {
    try (NDArray full = enlarged()) {
      return split(full.toFloatArray(), width, height, 1);
    }
  }

  /** Enlarged bilinearly, brought to length 1, and with the coordinates last; 0 stays 0. */
  @Override
  public List<Plane> unitVectorMap(UnitVectorMap kind) {
    try (NDArray full = enlarged();
        NDArray squares = full.square();
        NDArray sum = squares.sum(new int[] {1}, true);
        NDArray length = sum.sqrt();
        NDArray divisor = Scalars.atLeast(length, SHORTEST);
        NDArray unit = full.div(divisor);
        NDArray last = unit.transpose(0, 2, 3, 1)) {
      return split(last.toFloatArray(), width, height, kind.channels());
    }
  }

  /** How probable each class is. */
  @Override
  public List<Plane> imageClass(ImageClass kind) {
    try (NDArray scores = output.softmax(1)) {
      return split(scores.toFloatArray(), 1, 1, kind.channels());
    }
  }

  private NDArray enlarged() {
    return output.getNDArrayInternal().interpolation(new long[] {height, width}, BILINEAR, false);
  }

  private static List<Plane> split(float[] values, int width, int height, int channels) {
    int size = width * height * channels;
    List<Plane> planes = new ArrayList<>();
    for (int first = 0; first < values.length; first += size) {
      planes.add(
          Plane.ofValues(FloatBuffer.wrap(values, first, size).slice(), width, height, channels));
    }
    return planes;
  }
}
