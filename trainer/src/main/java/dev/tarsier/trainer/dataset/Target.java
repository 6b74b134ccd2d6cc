package dev.tarsier.trainer.dataset;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/**
 * What a batch's outputs for one task should be, with a weight for each pixel. The buffers belong
 * to the batch.
 */
public final class Target {
  private final boolean ids;
  private final int channels;
  private final int height;
  private final int width;
  private final ByteBuffer values;
  private final ByteBuffer weights;
  private double weightSum;

  Target(boolean ids, int size, int channels, int height, int width) {
    this.ids = ids;
    this.channels = channels;
    this.height = height;
    this.width = width;
    int pixels = size * height * width;
    values = Batch.buffer((ids ? Long.BYTES : Float.BYTES) * channels * pixels);
    weights = Batch.buffer(Float.BYTES * pixels);
  }

  /** Whether values are int64 ids; otherwise they are float32. */
  public boolean isIds() {
    return ids;
  }

  /** Values of a pixel, C. */
  public int channels() {
    return channels;
  }

  /** Height, h. */
  public int height() {
    return height;
  }

  /** Width, w. */
  public int width() {
    return width;
  }

  /** int64 or float32 [N,C,h,w]; 0 where nothing is known. */
  public ByteBuffer values() {
    return values.duplicate().order(ByteOrder.nativeOrder());
  }

  /** float32 [N,1,h,w], how much each pixel counts; 0 where nothing is known. */
  public ByteBuffer weights() {
    return weights.duplicate().order(ByteOrder.nativeOrder());
  }

  /** The sum over {@link #weights}. */
  public double weightSum() {
    return weightSum;
  }

  LongBuffer idLongs() {
    return values.asLongBuffer();
  }

  FloatBuffer floats() {
    return values.asFloatBuffer();
  }

  FloatBuffer weightFloats() {
    return weights.asFloatBuffer();
  }

  void sumWeights() {
    FloatBuffer all = weights.asFloatBuffer();
    double sum = 0;
    for (int i = 0; i < all.limit(); i++) {
      sum += all.get(i);
    }
    weightSum = sum;
  }
}
