package dev.tarsier.ros.bag;

import java.nio.ByteBuffer;

/**
 * Where a chunk is decompressed to. It grows with what really comes, for the size in a chunk's
 * header may be anything.
 */
final class GrowingBuffer {
  private final BufferPool pool;
  private final long limit;
  private ByteBuffer buffer;
  private int length;

  /**
   * @param expected bytes to begin with
   * @param limit bytes that the chunk's header says there are; more is damage
   */
  GrowingBuffer(BufferPool pool, long expected, long limit) throws DamagedRecord {
    this.pool = pool;
    this.limit = limit;
    this.buffer = pool.take(Math.min(expected, limit));
  }

  /**
   * Makes room behind what is there.
   *
   * @return absolute position of the room in {@link #buffer}
   */
  int room(int bytes) throws DamagedRecord {
    long needed = (long) length + bytes;
    if (needed > limit) {
      throw new DamagedRecord(
          "a chunk holds more than the %d bytes of its header".formatted(limit));
    }
    if (needed > buffer.capacity()) {
      ByteBuffer larger = pool.take(Math.max(needed, Math.min(limit, 2L * buffer.capacity())));
      larger.put(0, buffer, 0, length);
      pool.give(buffer);
      buffer = larger;
    }
    return length;
  }

  /** What may still come. */
  long left() {
    return limit - length;
  }

  void filled(int bytes) {
    length += bytes;
  }

  ByteBuffer buffer() {
    return buffer;
  }

  int length() {
    return length;
  }
}
