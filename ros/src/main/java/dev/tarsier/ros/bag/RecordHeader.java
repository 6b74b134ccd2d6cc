package dev.tarsier.ros.bag;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The fields of a record's header, {@code uint32 length, name=value} each. Reused for each record:
 * there is one for each message, so nothing is allocated unless a text field is there.
 */
final class RecordHeader {
  static final int OP_MESSAGE = 2;
  static final int OP_BAG_HEADER = 3;
  static final int OP_INDEX = 4;
  static final int OP_CHUNK = 5;
  static final int OP_CHUNK_INFO = 6;
  static final int OP_CONNECTION = 7;

  /** Longer than any header of sense: a topic's name is in there, and nothing else of length. */
  static final int LONGEST = 64 * 1024;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private static final byte[][] NAMES = names();
  private static final int OP = 0;
  private static final int CONN = 1;
  private static final int TIME = 2;
  private static final int SIZE = 3;
  private static final int COUNT = 4;
  private static final int INDEX_POS = 5;
  private static final int CONN_COUNT = 6;
  private static final int CHUNK_COUNT = 7;
  private static final int CHUNK_POS = 8;
  private static final int START_TIME = 9;
  private static final int END_TIME = 10;
  private static final int COMPRESSION = 11;
  private static final int TOPIC = 12;
  private static final int ENCRYPTOR = 13;

  private final long[] numbers = new long[OP + 11];
  private int present;
  private String compression = "";
  private String topic = "";
  private String encryptor = "";

  private static byte[][] names() {
    String[] names = {
      "op",
      "conn",
      "time",
      "size",
      "count",
      "index_pos",
      "conn_count",
      "chunk_count",
      "chunk_pos",
      "start_time",
      "end_time",
      "compression",
      "topic",
      "encryptor"
    };
    byte[][] bytes = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      bytes[i] = names[i].getBytes(StandardCharsets.US_ASCII);
    }
    return bytes;
  }

  /**
   * @param buffer little endian. Not modified.
   * @param from absolute position of the first field
   * @param length bytes of all fields; the caller has checked that they lie within the buffer
   */
  void parse(ByteBuffer buffer, int from, int length) throws DamagedRecord {
    present = 0;
    int at = from;
    int end = from + length;
    while (at < end) {
      if (end - at < 4) {
        throw new DamagedRecord("a record's header ends inside a field");
      }
      int size = buffer.getInt(at);
      at += 4;
      if (size <= 0 || size > end - at) {
        throw new DamagedRecord(
            "a header field says it has %s bytes, but %d are left"
                .formatted(Integer.toUnsignedString(size), end - at));
      }
      field(buffer, at, size);
      at += size;
    }
    if ((present & (1 << OP)) == 0) {
      throw new DamagedRecord("a record's header has no 'op'");
    }
  }

  private void field(ByteBuffer buffer, int at, int size) throws DamagedRecord {
    int nameLength = 0;
    while (nameLength < size && buffer.get(at + nameLength) != '=') {
      nameLength++;
    }
    if (nameLength == size) {
      throw new DamagedRecord("a header field has no '='");
    }
    int which = which(buffer, at, nameLength);
    if (which < 0) {
      return;
    }
    int value = at + nameLength + 1;
    int length = size - nameLength - 1;
    switch (which) {
      case OP -> {
        need(length == 1, which);
        numbers[OP] = buffer.get(value);
      }
      case CONN, SIZE, COUNT, CONN_COUNT, CHUNK_COUNT -> {
        need(length == 4, which);
        numbers[which] = Integer.toUnsignedLong(buffer.getInt(value));
      }
      case TIME, START_TIME, END_TIME -> {
        need(length == 8, which);
        numbers[which] = nanos(buffer, value);
      }
      case INDEX_POS, CHUNK_POS -> {
        need(length == 8, which);
        numbers[which] = buffer.getLong(value);
      }
      case COMPRESSION -> compression = text(buffer, value, length);
      case TOPIC -> topic = text(buffer, value, length);
      default -> encryptor = text(buffer, value, length);
    }
    present |= 1 << which;
  }

  private static void need(boolean right, int which) throws DamagedRecord {
    if (!right) {
      throw new DamagedRecord("header field '%s' has a wrong length".formatted(name(which)));
    }
  }

  private static int which(ByteBuffer buffer, int at, int length) {
    for (int i = 0; i < NAMES.length; i++) {
      byte[] name = NAMES[i];
      if (name.length == length) {
        int same = 0;
        while (same < length && buffer.get(at + same) == name[same]) {
          same++;
        }
        if (same == length) {
          return i;
        }
      }
    }
    return -1;
  }

  /** Seconds and nanoseconds, eight bytes, as nanoseconds since the epoch. */
  static long nanos(ByteBuffer buffer, int at) {
    return Integer.toUnsignedLong(buffer.getInt(at)) * NANOS_PER_SECOND
        + Integer.toUnsignedLong(buffer.getInt(at + 4));
  }

  static String text(ByteBuffer buffer, int at, int length) {
    byte[] bytes = new byte[length];
    buffer.get(at, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static String name(int which) {
    return new String(NAMES[which], StandardCharsets.US_ASCII);
  }

  private long number(int which) throws DamagedRecord {
    if ((present & (1 << which)) == 0) {
      throw new DamagedRecord("a record's header has no '%s'".formatted(name(which)));
    }
    return numbers[which];
  }

  int op() {
    return (int) numbers[OP];
  }

  int connection() throws DamagedRecord {
    return (int) number(CONN);
  }

  long timeNanos() throws DamagedRecord {
    return number(TIME);
  }

  long size() throws DamagedRecord {
    return number(SIZE);
  }

  long count() throws DamagedRecord {
    return number(COUNT);
  }

  long indexPosition() throws DamagedRecord {
    return number(INDEX_POS);
  }

  long connectionCount() throws DamagedRecord {
    return number(CONN_COUNT);
  }

  long chunkCount() throws DamagedRecord {
    return number(CHUNK_COUNT);
  }

  long chunkPosition() throws DamagedRecord {
    return number(CHUNK_POS);
  }

  long startNanos() throws DamagedRecord {
    return number(START_TIME);
  }

  long endNanos() throws DamagedRecord {
    return number(END_TIME);
  }

  BagCompression compression() throws DamagedRecord {
    if ((present & (1 << COMPRESSION)) == 0) {
      throw new DamagedRecord("a chunk's header has no 'compression'");
    }
    for (BagCompression each : BagCompression.values()) {
      if (each.rosName().equals(compression)) {
        return each;
      }
    }
    throw new DamagedRecord(
        "a chunk's compression must be none, bz2 or lz4, got " + shown(compression));
  }

  String topic() throws DamagedRecord {
    if ((present & (1 << TOPIC)) == 0) {
      throw new DamagedRecord("a connection's header has no 'topic'");
    }
    return topic;
  }

  /** Empty when the bag is not encrypted. */
  String encryptor() {
    return (present & (1 << ENCRYPTOR)) == 0 ? "" : encryptor;
  }

  /** A text of unknown origin, short and without control characters. */
  static String shown(String text) {
    String printable = text.replaceAll("\\P{Print}", "?");
    return "'" + (printable.length() > 40 ? printable.substring(0, 40) + "..." : printable) + "'";
  }
}
