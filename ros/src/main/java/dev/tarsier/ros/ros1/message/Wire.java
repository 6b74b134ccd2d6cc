package dev.tarsier.ros.ros1.message;

import dev.tarsier.ros.port.MessageFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Strings and arrays as ROS 1 lays them out: a uint32 length, then the elements. */
final class Wire {
  /** Bytes of a text; a robot's description takes some megabytes. */
  static final int MAX_TEXT_BYTES = 16 << 20;

  /** Bytes of a name, such as a frame or an encoding. */
  static final int MAX_NAME_BYTES = 1024;

  /** Elements of an array that becomes objects. */
  static final int MAX_ELEMENTS = 100_000;

  private Wire() {}

  /** The buffer itself, little endian. */
  static ByteBuffer little(ByteBuffer out) {
    return out.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** UTF-8; what is no UTF-8 becomes U+FFFD, for old nodes send what they like. */
  static String readString(ByteBuffer in, String field) {
    return readText(in, field, MAX_TEXT_BYTES);
  }

  /** A text that names something, and is short. */
  static String readName(ByteBuffer in, String field) {
    return readText(in, field, MAX_NAME_BYTES);
  }

  private static String readText(ByteBuffer in, String field, int maxBytes) {
    int length = readLength(in, 1, field);
    if (length > maxBytes) {
      throw tooLong(field, maxBytes, length);
    }
    if (length == 0) {
      return "";
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static MessageFormatException tooLong(String field, int maximum, int length) {
    return new MessageFormatException(
        "%s must have up to %d bytes, got %d".formatted(field, maximum, length));
  }

  /**
   * The number of elements of an array, of which the buffer is known to hold all.
   *
   * @param minimumBytes what one element takes at least
   */
  static int readLength(ByteBuffer in, int minimumBytes, String field) {
    long length = Integer.toUnsignedLong(in.getInt());
    if (length * minimumBytes > in.remaining()) {
      throw new MessageFormatException(
          "%s: its length says %d, but only %d bytes are left"
              .formatted(field, length, in.remaining()));
    }
    return (int) length;
  }

  /** A uint32 that Java uses as a count; beyond 2^31 there is nothing real. */
  static int readCount(ByteBuffer in, String field) {
    int count = in.getInt();
    if (count < 0) {
      throw new MessageFormatException(
          "%s must be below 2^31, got %s".formatted(field, Integer.toUnsignedString(count)));
    }
    return count;
  }

  static double[] readDoubles(ByteBuffer in, int length) {
    double[] values = new double[length];
    for (int i = 0; i < length; i++) {
      values[i] = in.getDouble();
    }
    return values;
  }

  /** A view of the next bytes, little endian, as a uint8[] field has them. */
  static ByteBuffer readBytes(ByteBuffer in, String field) {
    int length = readLength(in, 1, field);
    ByteBuffer view = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return view;
  }

  static <T> List<T> readList(
      ByteBuffer in, int minimumBytes, String field, Function<ByteBuffer, T> element) {
    int length = readLength(in, minimumBytes, field);
    if (length > MAX_ELEMENTS) {
      throw new MessageFormatException(
          "%s must have up to %d elements, got %d".formatted(field, MAX_ELEMENTS, length));
    }
    List<T> values = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      values.add(element.apply(in));
    }
    return values;
  }

  static int lengthOf(String text) {
    return Integer.BYTES + (isAscii(text) ? text.length() : utf8(text).length);
  }

  static void writeString(ByteBuffer out, String text) {
    if (isAscii(text)) {
      out.putInt(text.length());
      for (int i = 0; i < text.length(); i++) {
        out.put((byte) text.charAt(i));
      }
    } else {
      byte[] bytes = utf8(text);
      out.putInt(bytes.length).put(bytes);
    }
  }

  static void writeBytes(ByteBuffer out, ByteBuffer data) {
    int length = data.remaining();
    out.putInt(length);
    out.put(out.position(), data, data.position(), length);
    out.position(out.position() + length);
  }

  static void writeDoubles(ByteBuffer out, double[] values) {
    for (double value : values) {
      out.putDouble(value);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }
}
