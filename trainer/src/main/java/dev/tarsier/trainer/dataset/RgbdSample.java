package dev.tarsier.trainer.dataset;

import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;

/**
 * What an RGB-D camera sees and somebody labelled: the one place that says which tasks the planes
 * of such frames are for. Any thread.
 */
public final class RgbdSample {
  private RgbdSample() {}

  /**
   * A frame.
   *
   * @param name which, for messages
   * @param width pixels
   * @param height pixels
   * @param rgb uint8 [height, width, 3]
   * @param depth float32 [height, width], NaN where unknown; null where nobody measured
   * @param labels class ids, uint8 [height, width]; null where nobody labelled
   */
  public static Sample of(
      String name, int width, int height, byte[] rgb, float[] depth, byte[] labels) {
    return Sample.of(name, width, height, rgb)
        .withValues(Depth.ID, depth)
        .withIds(Segmentation.ID, labels);
  }

  /** A frame's depth, float32 [height, width]; null where nobody measured. */
  public static float[] depth(Sample sample) {
    return sample.values(Depth.ID);
  }

  /** A frame's class ids, uint8 [height, width]; null where nobody labelled. */
  public static byte[] labels(Sample sample) {
    return sample.ids(Segmentation.ID);
  }
}
