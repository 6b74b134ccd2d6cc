package dev.tarsier.ros.bag;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The direct buffers in which chunks lie while they are read. Chunks that overlap in time are open
 * together; when their buffers grow beyond a budget, the one used longest ago is taken away, and
 * its chunk is loaded again when its turn comes. One owner thread.
 */
final class BufferPool {
  private static final int SMALLEST = 64 * 1024;

  private final long largest = Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 2);
  private final long budget = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 4);
  private final List<ByteBuffer> free = new ArrayList<>();

  /** Those who hold a buffer, longest ago first. */
  private final List<ChunkContent> holders = new ArrayList<>();

  private long held;
  private Lz4Frame lz4;

  /**
   * A buffer of at least this size, little endian.
   *
   * @throws DamagedRecord when the size is beyond what this JVM may use for one chunk
   */
  ByteBuffer take(long size) throws DamagedRecord {
    if (size > largest) {
      throw new DamagedRecord(
          ("%d bytes are needed in one piece, more than half of this Java's memory;"
                  + " a larger -Xmx would read it")
              .formatted(size));
    }
    ByteBuffer buffer = fitting(size);
    while (buffer == null && !holders.isEmpty() && held + size > budget) {
      holders.get(0).unload();
      buffer = fitting(size);
    }
    if (buffer == null) {
      free.clear();
      long rounded = Math.max(SMALLEST, Long.highestOneBit(Math.max(1, size - 1)) << 1);
      buffer =
          ByteBuffer.allocateDirect((int) Math.min(rounded, Math.max(size, largest)))
              .order(ByteOrder.LITTLE_ENDIAN);
    }
    held += buffer.capacity();
    return buffer;
  }

  /** The most that one buffer may have. */
  long largest() {
    return largest;
  }

  /** Shared by the chunks of the pool, with its scratch memory. */
  Lz4Frame lz4() {
    if (lz4 == null) {
      lz4 = new Lz4Frame();
    }
    return lz4;
  }

  void give(ByteBuffer buffer) {
    held -= buffer.capacity();
    free.add(buffer);
  }

  void used(ChunkContent holder) {
    if (!holders.isEmpty() && holders.get(holders.size() - 1) == holder) {
      return;
    }
    holders.remove(holder);
    holders.add(holder);
  }

  void unused(ChunkContent holder) {
    holders.remove(holder);
  }

  private ByteBuffer fitting(long size) {
    int best = -1;
    for (int i = 0; i < free.size(); i++) {
      int capacity = free.get(i).capacity();
      if (capacity >= size && (best < 0 || capacity < free.get(best).capacity())) {
        best = i;
      }
    }
    return best < 0 ? null : free.remove(best);
  }
}
