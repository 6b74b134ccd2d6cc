package dev.tarsier.ros.bag;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Where the messages of a chunk lie. Reused from chunk to chunk; one owner thread. */
final class ChunkMessages {
  /** So many take a fraction of the memory; a chunk of a recorder has thousands. */
  private static final int MOST =
      (int) Math.min(4L << 20, Math.max(1L << 16, Runtime.getRuntime().maxMemory() / 512));

  private final RecordHeader header = new RecordHeader();
  private long[] times = new long[64];
  private long[] offsets = new long[64];
  private int[] lengths = new int[64];
  private int[] connections = new int[64];
  private int count;
  private BagDamage damage;

  /**
   * Reads the chunk's records until its end or the first damaged one.
   *
   * @param known Modified: connections that are new are added.
   */
  void read(ChunkContent content, Connections known) throws IOException {
    count = 0;
    damage = content.damage();
    long at = 0;
    try {
      while (at < content.size()) {
        at = record(content, at, known);
      }
    } catch (DamagedRecord e) {
      if (damage == null) {
        damage = content.damageAt(at, e);
      }
    }
  }

  private long record(ChunkContent content, long at, Connections known)
      throws IOException, DamagedRecord {
    long left = content.size() - at;
    if (left < 8) {
      throw new DamagedRecord("the chunk ends inside a record");
    }
    int index = content.index(at, 4);
    long headerLength = Integer.toUnsignedLong(content.buffer().getInt(index));
    if (headerLength > RecordHeader.LONGEST) {
      throw new DamagedRecord(
          "a record's header says it has %d bytes; that is no header".formatted(headerLength));
    }
    if (headerLength > left - 8) {
      throw new DamagedRecord("the chunk ends inside a record's header");
    }
    int fields = (int) headerLength;
    index = content.index(at + 4, fields + 4);
    ByteBuffer buffer = content.buffer();
    header.parse(buffer, index, fields);
    long dataLength = Integer.toUnsignedLong(buffer.getInt(index + fields));
    long dataAt = at + 8 + fields;
    if (dataLength > content.size() - dataAt) {
      throw new DamagedRecord(
          "a record says it has %d bytes, but the chunk has %d left"
              .formatted(dataLength, content.size() - dataAt));
    }
    switch (header.op()) {
      case RecordHeader.OP_MESSAGE -> add(dataAt, dataLength);
      case RecordHeader.OP_CONNECTION -> {
        if (dataLength > Connections.LONGEST) {
          throw new DamagedRecord("a connection record says it has %d bytes".formatted(dataLength));
        }
        int data = content.index(dataAt, (int) dataLength);
        known.add(header, content.buffer(), data, (int) dataLength);
      }
      default -> throw new DamagedRecord("a chunk holds a record of unknown kind " + header.op());
    }
    return dataAt + dataLength;
  }

  private void add(long offset, long length) throws DamagedRecord {
    if (length > Integer.MAX_VALUE) {
      throw new DamagedRecord("a message says it has %d bytes".formatted(length));
    }
    if (count == MOST) {
      throw new DamagedRecord(
          "the chunk has more than %d messages; those behind are not read".formatted(MOST));
    }
    if (count == times.length) {
      times = Arrays.copyOf(times, 2 * count);
      offsets = Arrays.copyOf(offsets, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
      connections = Arrays.copyOf(connections, 2 * count);
    }
    times[count] = header.number(RecordHeader.Field.TIME);
    offsets[count] = offset;
    lengths[count] = (int) length;
    connections[count] = header.connection();
    count++;
  }

  int count() {
    return count;
  }

  long timeNanos(int message) {
    return times[message];
  }

  long offset(int message) {
    return offsets[message];
  }

  int length(int message) {
    return lengths[message];
  }

  int connection(int message) {
    return connections[message];
  }

  /** Null when the chunk is whole. */
  BagDamage damage() {
    return damage;
  }
}
