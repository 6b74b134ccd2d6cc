package dev.tarsier.trainer.dataset;

import dev.tarsier.trainer.task.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Frames ready for a training step, in direct buffers that are used again: whoever got it from a
 * {@link BatchLoader} closes it when the step is done.
 */
public final class Batch implements AutoCloseable {
  private final int size;
  private final int height;
  private final int width;
  private final int targetHeight;
  private final int targetWidth;
  private final Contents contents;
  private final ByteBuffer image;
  private final Map<String, Target> targets = new LinkedHashMap<>();
  private final Map<String, ByteBuffer> inputs = new LinkedHashMap<>();
  private final Map<String, Target> soft = new LinkedHashMap<>();
  private List<String> names = List.of();
  private Consumer<Batch> giveBack = batch -> {};

  Batch(int size, int height, int width, int targetHeight, int targetWidth, Contents contents) {
    this.size = size;
    this.height = height;
    this.width = width;
    this.targetHeight = targetHeight;
    this.targetWidth = targetWidth;
    this.contents = contents;
    image = buffer(4 * 3 * size * height * width);
    for (Task task : contents.targets()) {
      boolean ids = task.learnsIds();
      int channels = ids ? 1 : task.channels();
      boolean map = task.head().kind().isMap();
      targets.put(
          task.id(),
          new Target(ids, size, channels, map ? targetHeight : 1, map ? targetWidth : 1));
    }
    for (Task task : contents.inputs()) {
      inputs.put(task.id(), buffer(4 * task.channels() * size * height * width));
    }
    for (Task task : contents.soft()) {
      soft.put(task.id(), new Target(false, size, task.channels(), targetHeight, targetWidth));
    }
  }

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  void onClose(Consumer<Batch> action) {
    giveBack = action;
  }

  void describe(List<String> frameNames) {
    names = List.copyOf(frameNames);
    targets.values().forEach(Target::sumWeights);
    soft.values().forEach(Target::sumWeights);
  }

  FloatBuffer imageFloats() {
    return image.asFloatBuffer();
  }

  FloatBuffer inputFloats(Task task) {
    return inputs.get(task.id()).asFloatBuffer();
  }

  /** What it holds besides images. */
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

  /** Height of the targets that are maps, h. */
  public int targetHeight() {
    return targetHeight;
  }

  /** Width of the targets that are maps, w. */
  public int targetWidth() {
    return targetWidth;
  }

  /** float32 [N,3,H,W], RGB, 0..255. */
  public ByteBuffer image() {
    return image.duplicate().order(ByteOrder.nativeOrder());
  }

  /** What is known for a task; null where {@link #contents} does not say so. */
  public Target target(Task task) {
    return targets.get(task.id());
  }

  /**
   * float32 [N,C,H,W], what the network sees of a task: classes one-hot, all 0 where ignored;
   * values as they are, 0 where unknown. Only where {@link #contents} says so.
   */
  public ByteBuffer input(Task task) {
    return inputs.get(task.id()).duplicate().order(ByteOrder.nativeOrder());
  }

  /**
   * How probable a teacher holds each class of a task: sums to 1 over the channels, or is all 0
   * where no teacher was asked; the weight is 1 where it is known. Null where {@link #contents}
   * does not say so.
   */
  public Target soft(Task task) {
    return soft.get(task.id());
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
