package dev.tarsier.ros.bag;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The fields of a record's header, {@code uint32 length, name=value} each. Reused for each record:
 * there is one for each message, so nothing is allocated unless a text field is there.
 */
@SuppressWarnings("EnumOrdinal") // maps of fields would box numbers for each message
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

  private static final Field[] FIELDS = Field.values();

  private final long[] numbers = new long[FIELDS.length];
  private final String[] texts = new String[FIELDS.length];
  private int present;

  /** The fields that are read. */
  enum Field {
    OP(1),
    CONN(4),
    TIME(8),
    SIZE(4),
    COUNT(4),
    INDEX_POS(8),
    CONN_COUNT(4),
    CHUNK_COUNT(4),
    CHUNK_POS(8),
    START_TIME(8),
    END_TIME(8),
    COMPRESSION(0),
    TOPIC(0),
    ENCRYPTOR(0);

    private final String fieldName = name().toLowerCase(Locale.ROOT);

    @SuppressWarnings("ImmutableEnumChecker") // nobody changes it
    private final byte[] bytes = fieldName.getBytes(StandardCharsets.US_ASCII);

    /** Bytes of its value; 0 for a text. */
    private final int length;

    Field(int length) {
      this.length = length;
    }
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
      read(buffer, at, size);
      at += size;
    }
    if (!has(Field.OP)) {
      throw new DamagedRecord("a record's header has no 'op'");
    }
  }

  private void read(ByteBuffer buffer, int at, int size) throws DamagedRecord {
    int nameLength = 0;
    while (nameLength < size && buffer.get(at + nameLength) != '=') {
      nameLength++;
    }
    if (nameLength == size) {
      throw new DamagedRecord("a header field has no '='");
    }
    Field field = field(buffer, at, nameLength);
    if (field == null) {
      return;
    }
    int value = at + nameLength + 1;
    int length = size - nameLength - 1;
    if (field.length != 0 && field.length != length) {
      throw new DamagedRecord("header field '%s' has a wrong length".formatted(field.fieldName));
    }
    int which = field.ordinal();
    switch (field) {
      case OP -> numbers[which] = buffer.get(value);
      case TIME, START_TIME, END_TIME -> numbers[which] = nanos(buffer, value);
      case INDEX_POS, CHUNK_POS -> numbers[which] = buffer.getLong(value);
      case COMPRESSION, TOPIC, ENCRYPTOR -> texts[which] = text(buffer, value, length);
      default -> numbers[which] = Integer.toUnsignedLong(buffer.getInt(value));
    }
    present |= 1 << which;
  }

  /** The field of a name; null for one that is not read. */
  private static Field field(ByteBuffer buffer, int at, int length) {
    for (Field field : FIELDS) {
      byte[] name = field.bytes;
      if (name.length == length) {
        int same = 0;
        while (same < length && buffer.get(at + same) == name[same]) {
          same++;
        }
        if (same == length) {
          return field;
        }
      }
    }
    return null;
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

  private boolean has(Field field) {
    return (present & (1 << field.ordinal())) != 0;
  }

  int op() {
    return (int) numbers[Field.OP.ordinal()];
  }

  int connection() throws DamagedRecord {
    return (int) number(Field.CONN);
  }

  /** A number; a time in nanoseconds since the epoch. */
  long number(Field field) throws DamagedRecord {
    if (!has(field)) {
      throw new DamagedRecord("a record's header has no '%s'".formatted(field.fieldName));
    }
    return numbers[field.ordinal()];
  }

  BagCompression compression() throws DamagedRecord {
    String compression = text(Field.COMPRESSION, "chunk");
    for (BagCompression each : BagCompression.values()) {
      if (each.rosName().equals(compression)) {
        return each;
      }
    }
    throw new DamagedRecord(
        "a chunk's compression must be none, bz2 or lz4, got " + shown(compression));
  }

  String topic() throws DamagedRecord {
    return text(Field.TOPIC, "connection");
  }

  private String text(Field field, String record) throws DamagedRecord {
    if (!has(field)) {
      throw new DamagedRecord("a %s's header has no '%s'".formatted(record, field.fieldName));
    }
    return texts[field.ordinal()];
  }

  /** Empty when the bag is not encrypted. */
  String encryptor() {
    return has(Field.ENCRYPTOR) ? texts[Field.ENCRYPTOR.ordinal()] : "";
  }

  /** A text of unknown origin, short and without control characters. */
  static String shown(String text) {
    String printable = text.replaceAll("\\P{Print}", "?");
    return "'" + (printable.length() > 40 ? printable.substring(0, 40) + "..." : printable) + "'";
  }
}
