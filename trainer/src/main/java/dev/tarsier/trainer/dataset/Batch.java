package dev.tarsier.trainer.dataset;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.List;
import java.util.function.Consumer;

/**
 * Frames ready for a training step, in direct buffers that are used again: close it after the step,
 * when no tensor over its buffers is in use any more.
 *
 * <p>One thread at a time.
 */
public final class Batch implements AutoCloseable {
  private final int size;
  private final int height;
  private final int width;
  private final int targetHeight;
  private final int targetWidth;
  private final ByteBuffer image;
  private final ByteBuffer classIds;
  private final ByteBuffer classWeights;
  private final ByteBuffer depth;
  private final ByteBuffer depthMask;
  private final Contents contents;
  private final ByteBuffer depthInput;
  private final ByteBuffer labelsInput;
  private final ByteBuffer soft;
  private final ByteBuffer softMask;
  private Consumer<Batch> giveBack = batch -> {};
  private double classWeightSum;
  private double depthMaskSum;
  private double softMaskSum;
  private List<String> names = List.of();

  /**
   * Buffers for a batch.
   *
   * @param size frames, N
   * @param height of the images, H
   * @param width of the images, W
   * @param targetHeight of the targets, h
   * @param targetWidth of the targets, w
   * @param contents what it holds besides
   */
  Batch(int size, int height, int width, int targetHeight, int targetWidth, Contents contents) {
    this.size = size;
    this.height = height;
    this.width = width;
    this.targetHeight = targetHeight;
    this.targetWidth = targetWidth;
    int targets = size * targetHeight * targetWidth;
    image = buffer(4 * 3 * size * height * width);
    classIds = buffer(8 * targets);
    classWeights = buffer(4 * targets);
    depth = buffer(4 * targets);
    depthMask = buffer(4 * targets);
    this.contents = contents;
    int pixels = size * height * width;
    depthInput = contents.depthInput() ? buffer(4 * pixels) : null;
    labelsInput =
        contents.labelChannels() > 0 ? buffer(4 * contents.labelChannels() * pixels) : null;
    soft = contents.softClasses() > 0 ? buffer(4 * contents.softClasses() * targets) : null;
    softMask = contents.softClasses() > 0 ? buffer(4 * targets) : null;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  void onClose(Consumer<Batch> action) {
    giveBack = action;
  }

  void describe(List<String> frameNames) {
    names = List.copyOf(frameNames);
    classWeightSum = sum(classWeights.asFloatBuffer());
    depthMaskSum = sum(depthMask.asFloatBuffer());
    softMaskSum = softMask == null ? 0 : sum(softMask.asFloatBuffer());
  }

  private static double sum(FloatBuffer values) {
    double sum = 0;
    for (int i = 0; i < values.limit(); i++) {
      sum += values.get(i);
    }
    return sum;
  }

  FloatBuffer imageFloats() {
    return image.asFloatBuffer();
  }

  LongBuffer classIdLongs() {
    return classIds.asLongBuffer();
  }

  FloatBuffer classWeightFloats() {
    return classWeights.asFloatBuffer();
  }

  FloatBuffer depthFloats() {
    return depth.asFloatBuffer();
  }

  FloatBuffer depthMaskFloats() {
    return depthMask.asFloatBuffer();
  }

  FloatBuffer depthInputFloats() {
    return depthInput.asFloatBuffer();
  }

  FloatBuffer labelsInputFloats() {
    return labelsInput.asFloatBuffer();
  }

  FloatBuffer softFloats() {
    return soft.asFloatBuffer();
  }

  FloatBuffer softMaskFloats() {
    return softMask.asFloatBuffer();
  }

  /** What it holds besides images and targets. */
  public Contents contents() {
    return contents;
  }

  /** Frames, N. */
  public int size() {
    return size;
  }

  /** Height of the images, H. */
  public int height() {
    return height;
  }

  /** Width of the images, W. */
  public int width() {
    return width;
  }

  /** Height of the targets, h. */
  public int targetHeight() {
    return targetHeight;
  }

  /** Width of the targets, w. */
  public int targetWidth() {
    return targetWidth;
  }

  /** float32 [N,3,H,W], RGB, 0..255. */
  public ByteBuffer image() {
    return image.duplicate().order(ByteOrder.nativeOrder());
  }

  /** int64 [N,1,h,w], class ids; 0 where the label is missing. */
  public ByteBuffer classIds() {
    return classIds.duplicate().order(ByteOrder.nativeOrder());
  }

  /** float32 [N,1,h,w], the weight of each pixel's label; 0 where it is missing. */
  public ByteBuffer classWeights() {
    return classWeights.duplicate().order(ByteOrder.nativeOrder());
  }

  /** float32 [N,1,h,w], metres; 0 where unknown. */
  public ByteBuffer depth() {
    return depth.duplicate().order(ByteOrder.nativeOrder());
  }

  /** float32 [N,1,h,w], 1 where depth is known, otherwise 0. */
  public ByteBuffer depthMask() {
    return depthMask.duplicate().order(ByteOrder.nativeOrder());
  }

  /**
   * float32 [N,1,H,W], metres as the network sees them; 0 where unknown. Only where {@link
   * #contents} says so.
   */
  public ByteBuffer depthInput() {
    return depthInput.duplicate().order(ByteOrder.nativeOrder());
  }

  /**
   * float32 [N,C,H,W], classes as the network sees them, one-hot; all 0 where ignored. Only where
   * {@link #contents} says so.
   */
  public ByteBuffer labelsInput() {
    return labelsInput.duplicate().order(ByteOrder.nativeOrder());
  }

  /**
   * float32 [N,C,h,w], how probable a teacher holds each class; sums to 1, or is all 0 where no
   * teacher was asked. Only where {@link #contents} says so.
   */
  public ByteBuffer soft() {
    return soft.duplicate().order(ByteOrder.nativeOrder());
  }

  /** float32 [N,1,h,w], 1 where {@link #soft()} is known, otherwise 0. */
  public ByteBuffer softMask() {
    return softMask.duplicate().order(ByteOrder.nativeOrder());
  }

  /** The sum over {@link #softMask()}; 0 where there are no soft targets. */
  public double softMaskSum() {
    return softMaskSum;
  }

  /** The sum over {@link #classWeights()}. */
  public double classWeightSum() {
    return classWeightSum;
  }

  /** The sum over {@link #depthMask()}. */
  public double depthMaskSum() {
    return depthMaskSum;
  }

  /** The names of the frames. */
  public List<String> names() {
    return names;
  }

  /** Gives the buffers back to the loader. */
  @Override
  public void close() {
    giveBack.accept(this);
  }
}
