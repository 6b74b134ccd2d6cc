package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import java.nio.ByteBuffer;

/** Frames of one colour for tests. */
final class Frames {
  private Frames() {}

  /** An rgb8 frame of one colour; its stamp and sequence are {@code stamp}. */
  static Frame plain(
      FramePool pool, int width, int height, int rgb, long stamp, long arrivalNanos) {
    Frame frame = pool.acquire();
    ByteBuffer bytes = frame.prepare(3 * width * height);
    for (int i = 0; i < width * height; i++) {
      bytes.put((byte) (rgb >> 16)).put((byte) (rgb >> 8)).put((byte) rgb);
    }
    frame.describe(
        PixelEncoding.RGB8, width, height, 3 * width, stamp, arrivalNanos, "camera", stamp);
    return frame;
  }
}
