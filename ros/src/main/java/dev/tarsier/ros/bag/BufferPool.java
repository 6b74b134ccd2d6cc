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

  /**
   * What decompressing may give for each byte of the file, in a chunk beyond {@link #FREE_CHUNK}
   * and in sum beyond {@link #FREE}. A black image of bz2 comes near a million to one, a camera's
   * image to twenty.
   */
  private static final long MOST_FROM_A_BYTE = 10_000;

  private static final long FREE_CHUNK = 16L << 20;
  private static final long FREE = 1L << 30;

  private final long largest = Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 2);
  private final long budget = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 4);
  private final List<ByteBuffer> free = new ArrayList<>();

  /** Those who hold a buffer, longest ago first. */
  private final List<ChunkContent> holders = new ArrayList<>();

  private final long mostUnpacked;
  private long unpacked;
  private long held;
  private Lz4Frame lz4;

  /**
   * @param fileLength bytes of the bag, which bounds what is decompressed from it
   */
  BufferPool(long fileLength) {
    this.mostUnpacked = FREE + MOST_FROM_A_BYTE * Math.min(fileLength, 1L << 46);
  }

  /** Begins to count anew what is decompressed. */
  void begin() {
    unpacked = 0;
  }

  /**
   * Asks before a chunk is decompressed: a few bytes that stand for gigabytes are no recording, and
   * reading them would take hours.
   *
   * @param stored bytes in the file
   * @param declared bytes that the chunk's header promises
   */
  void mayUnpack(long stored, long declared) throws DamagedRecord {
    if (declared > FREE_CHUNK && declared / MOST_FROM_A_BYTE > stored) {
      throw new DamagedRecord(
          ("%d bytes should decompress to %d, more than %d times as many; no recording is that"
                  + " dense, so the chunk is not read")
              .formatted(stored, declared, MOST_FROM_A_BYTE));
    }
    if (unpacked > mostUnpacked) {
      throw new DamagedRecord(
          "the bag's chunks decompressed to %d bytes already; the others are not read"
              .formatted(unpacked));
    }
  }

  /** Counts what a chunk gave. */
  void unpacked(long bytes) {
    unpacked += bytes;
  }

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
      buffer = allocate((int) Math.min(rounded, Math.max(size, largest)));
    }
    held += buffer.capacity();
    return buffer;
  }

  private static ByteBuffer allocate(int size) throws DamagedRecord {
    try {
      return ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    } catch (OutOfMemoryError e) { // of direct memory, which others of the process use too
      throw new DamagedRecord(
          "%d bytes are needed in one piece, more than there is; a larger -Xmx would read it"
              .formatted(size));
    }
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
