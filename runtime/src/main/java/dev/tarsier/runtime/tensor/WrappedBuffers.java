package dev.tarsier.runtime.tensor;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Mats over direct buffers, kept for the few buffers that a pool hands out in turn, so that a
 * stream of frames makes no new ones. Owned by one thread.
 */
final class WrappedBuffers implements AutoCloseable {
  private static final int KEPT = 8;

  private final Wrapped[] kept = new Wrapped[KEPT];
  private int next;

  /**
   * A Mat over a buffer's memory, from its start.
   *
   * @param buffer direct. Read and written in place.
   * @return valid until seven other buffers were wrapped; not to be released by the caller
   */
  Mat mat(ByteBuffer buffer, int rows, int columns, int type, long step) {
    for (Wrapped each : kept) {
      if (each != null && each.is(buffer, rows, columns, type, step)) {
        return each.mat;
      }
    }
    Mat mat = over(buffer, rows, columns, type, step);
    Wrapped fresh = new Wrapped(buffer, rows, columns, type, step, mat);
    if (kept[next] != null) {
      kept[next].mat.close();
    }
    kept[next] = fresh;
    next = (next + 1) % KEPT;
    return fresh.mat;
  }

  /**
   * A Mat over a buffer's memory, from its start.
   *
   * @param buffer direct. Read and written in place; must outlive the Mat.
   * @return owned by the caller, who closes it
   */
  static Mat over(ByteBuffer buffer, int rows, int columns, int type, long step) {
    BytePointer start = new BytePointer(buffer).position(0);
    return new Mat(rows, columns, type, start, step);
  }

  @Override
  public void close() {
    for (int i = 0; i < KEPT; i++) {
      if (kept[i] != null) {
        kept[i].mat.close();
        kept[i] = null;
      }
    }
  }

  /** Holds the buffer too: its memory must outlive the Mat. */
  private record Wrapped(ByteBuffer buffer, int rows, int columns, int type, long step, Mat mat) {
    /** Buffers are equal by content; only the same object is the same memory. */
    @SuppressWarnings("ReferenceEquality")
    boolean is(ByteBuffer other, int otherRows, int otherColumns, int otherType, long otherStep) {
      return buffer == other
          && rows == otherRows
          && columns == otherColumns
          && type == otherType
          && step == otherStep;
    }
  }
}
