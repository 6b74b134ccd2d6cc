package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.graph.QuietClose;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The direct memory that a node's receiving connections hold together. Where it is not enough the
 * connection that holds most is closed, if that is not the one that asks: who sends huge messages
 * cannot keep a camera out. Any thread may call.
 */
final class ReceiveMemory {
  /** One message of the largest size while its buffer grows, and as much again for the others. */
  static final long LIMIT_BYTES = 320L << 20;

  private final long limitBytes;

  // guarded by this
  private final IdentityHashMap<Closeable, Long> held = new IdentityHashMap<>();

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
      long others = held.values().stream().mapToLong(Long::longValue).sum();
      others -= held.getOrDefault(connection, 0L);
      if (others + bytes > limitBytes) {
        largest = largestBeyond(bytes, connection);
        if (largest == null || others + bytes - held.get(largest) > limitBytes) {
          throw new IOException(
              "there is no memory for a message of some %d bytes beside what other publishers send"
                  .formatted(bytes));
        }
        held.remove(largest);
      }
      held.put(connection, bytes);
    }
    if (largest != null) {
      QuietClose.close(largest);
    }
  }

  private Closeable largestBeyond(long bytes, Closeable except) {
    Closeable largest = null;
    long most = bytes;
    for (Map.Entry<Closeable, Long> each : held.entrySet()) {
      if (each.getKey() != except && each.getValue() > most) {
        largest = each.getKey();
        most = each.getValue();
      }
    }
    return largest;
  }

  /** The connection holds nothing any more. */
  synchronized void giveBack(Closeable connection) {
    held.remove(connection);
  }

  synchronized long heldBytes() {
    return held.values().stream().mapToLong(Long::longValue).sum();
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
