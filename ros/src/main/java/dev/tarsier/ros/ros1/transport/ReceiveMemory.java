package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.graph.QuietClose;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The direct memory that a node's receiving connections hold together. Where it is not enough the
 * connection that holds most is closed, if that is not the one that asks: who sends huge messages
 * cannot keep a camera out.
 *
 * <p>Buffers that a connection needs no longer wait for the next one. The collector frees direct
 * memory only once it has a reason to run, which a node that makes no garbage seldom gives it: a
 * camera that comes and goes would otherwise leave some megabytes behind each time.
 *
 * <p>Any thread may call.
 */
final class ReceiveMemory {
  /** One message of the largest size while its buffer grows, and as much again for the others. */
  static final long LIMIT_BYTES = 320L << 20;

  /** Beyond the limit, for buffers that wait; two cameras of 1280x720 leave less. */
  static final long SPARE_BYTES = 16L << 20;

  /** Small ones are not worth a search. */
  private static final int SPARE_BUFFERS = 32;

  private final long limitBytes;

  // guarded by this
  private final IdentityHashMap<Closeable, Held> held = new IdentityHashMap<>();

  /** Of all connections. */
  private long heldBytes;

  /** The one that has waited longest is first. */
  private final ArrayDeque<ByteBuffer> spare = new ArrayDeque<>();

  private long spareBytes;

  /** What one connection holds. Changed in place: memory is taken with each image. */
  private static final class Held {
    private long bytes;
  }

  ReceiveMemory(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * Sets what a connection holds.
   *
   * @param connection closed where another one needs its memory
   * @param bytes instead of what it held
   * @throws IOException where there is no room, or the connection has been made to give way
   */
  void take(Closeable connection, long bytes) throws IOException {
    Closeable largest = null;
    synchronized (this) {
      Held its = held.get(connection);
      long others = heldBytes - (its == null ? 0 : its.bytes);
      if (others + bytes > limitBytes) {
        largest = largestBeyond(bytes, connection);
        if (largest == null || others + bytes - held.get(largest).bytes > limitBytes) {
          throw new IOException(
              "there is no memory for a message of some %d bytes beside what other publishers send"
                  .formatted(bytes));
        }
        giveBack(largest);
      }
      if (its == null) {
        its = new Held();
        held.put(connection, its);
      }
      heldBytes += bytes - its.bytes;
      its.bytes = bytes;
    }
    if (largest != null) {
      QuietClose.close(largest);
    }
  }

  private Closeable largestBeyond(long bytes, Closeable except) {
    Closeable largest = null;
    long most = bytes;
    for (Map.Entry<Closeable, Held> each : held.entrySet()) {
      if (each.getKey() != except && each.getValue().bytes > most) {
        largest = each.getKey();
        most = each.getValue().bytes;
      }
    }
    return largest;
  }

  /** The connection holds nothing any more. */
  synchronized void giveBack(Closeable connection) {
    Held its = held.remove(connection);
    heldBytes -= its == null ? 0 : its.bytes;
  }

  synchronized long heldBytes() {
    return heldBytes;
  }

  /**
   * A direct buffer, little endian: one that waits where one fits, else a new one.
   *
   * @param capacity at least; it may have twice as much
   * @throws IOException where the process has no direct memory left
   */
  ByteBuffer buffer(int capacity) throws IOException {
    synchronized (this) {
      ByteBuffer best = null;
      for (ByteBuffer each : spare) {
        if (each.capacity() >= capacity
            && each.capacity() <= 2L * capacity
            && (best == null || each.capacity() < best.capacity())) {
          best = each;
        }
      }
      if (best != null) {
        removeSpare(best);
        return best.clear();
      }
    }
    return direct(capacity);
  }

  /** A buffer is needed no longer; nobody looks into it any more. */
  synchronized void giveBack(ByteBuffer buffer) {
    if (buffer.capacity() > SPARE_BYTES) {
      return;
    }
    spare.addLast(buffer);
    spareBytes += buffer.capacity();
    while (spareBytes > SPARE_BYTES || spare.size() > SPARE_BUFFERS) {
      removeSpare(spare.peekFirst());
    }
  }

  /** By identity: buffers are equal by content. */
  @SuppressWarnings("ReferenceEquality")
  private void removeSpare(ByteBuffer which) {
    spare.removeIf(each -> each == which);
    spareBytes -= which.capacity();
  }

  synchronized long spareBytes() {
    return spareBytes;
  }

  /**
   * A direct buffer, little endian.
   *
   * @throws IOException where the process has no direct memory left
   */
  static ByteBuffer direct(int capacity) throws IOException {
    try {
      return ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN);
    } catch (OutOfMemoryError e) {
      // only direct memory is out, and only this message needs it
      throw new IOException(
          "no memory for a message of " + capacity + " bytes: " + e.getMessage(), e);
    }
  }
}
