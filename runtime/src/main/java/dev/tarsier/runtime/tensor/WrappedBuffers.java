package dev.tarsier.runtime.tensor;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Mats over direct buffers, kept for the few buffers that a pool hands out in turn, so that a
 * stream of frames makes no new ones. Each is leased: what is in use is never closed, however many
 * other buffers come along. Owned by one thread.
 */
final class WrappedBuffers implements AutoCloseable {
  /** Buffers of three frames and of a connection, two Mats each in the worst case, and a tensor. */
  private static final int KEPT = 12;

  private final Lease[] kept = new Lease[KEPT];
  private int next;
  private boolean closed;

  /**
   * A Mat over a buffer's memory, from its position.
   *
   * @param buffer direct. Read and written in place.
   * @return whose Mat is valid until the lease is closed, by the caller, once
   */
  Lease lease(ByteBuffer buffer, int rows, int columns, int type, long step) {
    for (Lease each : kept) {
      if (each != null && !each.inUse && each.is(buffer, rows, columns, type, step)) {
        each.inUse = true;
        return each;
      }
    }
    Lease fresh = new Lease(this, buffer, rows, columns, type, step);
    for (int tries = 0; tries < KEPT; tries++) {
      int place = next;
      next = (next + 1) % KEPT;
      if (kept[place] == null || !kept[place].inUse) {
        if (kept[place] != null) {
          kept[place].mat.close();
        }
        kept[place] = fresh;
        break;
      }
    }
    return fresh;
  }

  /**
   * A Mat over a buffer's memory, from its position.
   *
   * @param buffer direct. Read and written in place; must outlive the Mat.
   * @return owned by the caller, who closes it
   */
  static Mat over(ByteBuffer buffer, int rows, int columns, int type, long step) {
    return new Mat(rows, columns, type, new BytePointer(buffer), step);
  }

  /** Mats that are leased now are closed with their leases. */
  @Override
  public void close() {
    closed = true;
    for (int i = 0; i < KEPT; i++) {
      if (kept[i] != null && !kept[i].inUse) {
        kept[i].mat.close();
        kept[i] = null;
      }
    }
  }

  private boolean keeps(Lease lease) {
    for (Lease each : kept) {
      if (each == lease) {
        return !closed;
      }
    }
    return false;
  }

  /** A Mat in use. Holds the buffer too: its memory must outlive the Mat. */
  static final class Lease implements AutoCloseable {
    private final WrappedBuffers owner;
    private final ByteBuffer buffer;
    private final int start;
    private final int rows;
    private final int columns;
    private final int type;
    private final long step;
    private final Mat mat;
    private boolean inUse = true;

    private Lease(
        WrappedBuffers owner, ByteBuffer buffer, int rows, int columns, int type, long step) {
      this.owner = owner;
      this.buffer = buffer;
      this.start = buffer.position();
      this.rows = rows;
      this.columns = columns;
      this.type = type;
      this.step = step;
      this.mat = over(buffer, rows, columns, type, step);
    }

    /** Not to be closed by the caller. */
    Mat mat() {
      if (!inUse) {
        throw new IllegalStateException("this Mat was given back: its lease is closed");
      }
      return mat;
    }

    /** Buffers are equal by content; only the same object is the same memory. */
    @SuppressWarnings("ReferenceEquality")
    private boolean is(
        ByteBuffer other, int otherRows, int otherColumns, int otherType, long otherStep) {
      return buffer == other
          && start == other.position()
          && rows == otherRows
          && columns == otherColumns
          && type == otherType
          && step == otherStep;
    }

    @Override
    public void close() {
      if (!inUse) {
        throw new IllegalStateException("this Mat was given back already: close its lease once");
      }
      inUse = false;
      if (!owner.keeps(this)) {
        mat.close();
      }
    }
  }
}
