package dev.tarsier.ros.truth;

import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.runtime.task.MetricMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * Depth in a {@code sensor_msgs/CompressedImage}: a PNG file of 16 bits as it is, or what
 * image_transport's {@code compressedDepth} makes: twelve bytes of header (a format number and two
 * parameters), then a 16-bit PNG, or width, height and RVL (Wilson, Fast Lossless Depth Image
 * Compression, 2017). Depth of 32FC1 is kept there as inverse depth: v = a / metres + b.
 */
final class CompressedDepth {
  private static final int HEADER = 12;

  private CompressedDepth() {}

  /** Whether a format field names image_transport's compressedDepth. */
  static boolean is(String format) {
    return format.toLowerCase(Locale.ROOT).contains("compresseddepth");
  }

  /**
   * What is in a message: {@code 16UC1} or {@code 32FC1}.
   *
   * @param format the message's field; before the semicolon stands the encoding
   */
  static String encoding(String format) {
    return format.strip().startsWith("32FC1") ? "32FC1" : "16UC1";
  }

  /**
   * Decodes a message.
   *
   * @param format the message's field
   * @param data the message's field. Not modified.
   * @throws MessageFormatException when it is neither, or is damaged
   */
  static DepthPlane decode(String format, ByteBuffer data) {
    if (GreyPng.is(data)) {
      return counts(png(data));
    }
    if (!is(format)) {
      throw new MessageFormatException(
          "depth in a CompressedImage must be a 16-bit PNG or compressedDepth, got format '%s'"
              .formatted(format));
    }
    if (data.remaining() < HEADER + 8) {
      throw new MessageFormatException(
          "compressedDepth has %d bytes, too few for an image".formatted(data.remaining()));
    }
    ByteBuffer in = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    float a = in.getFloat(4);
    float b = in.getFloat(8);
    ByteBuffer body = in.slice(HEADER, in.limit() - HEADER).order(ByteOrder.LITTLE_ENDIAN);
    GreyPng values = GreyPng.is(body) ? png(body) : rvl(body);
    if (encoding(format).equals("16UC1")) {
      return counts(values);
    }
    if (!(Float.isFinite(a) && a > 0 && Float.isFinite(b))) {
      throw new MessageFormatException(
          "compressedDepth of 32FC1 has parameters %s and %s, which cannot be".formatted(a, b));
    }
    float[] metres = new float[values.values().length];
    for (int i = 0; i < metres.length; i++) {
      int v = Short.toUnsignedInt(values.values()[i]);
      float depth = v == 0 ? Float.NaN : a / (v - b);
      metres[i] = MetricMap.isKnown(depth) ? depth : Float.NaN;
    }
    return new DepthPlane(values.width(), values.height(), false, metres);
  }

  private static GreyPng png(ByteBuffer file) {
    GreyPng png = GreyPng.decode(file);
    if (png.bits() != 16) {
      throw new MessageFormatException("a PNG of depth must have 16 bits, has " + png.bits());
    }
    return png;
  }

  private static DepthPlane counts(GreyPng png) {
    float[] values = new float[png.values().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = DepthPlane.count(png.values()[i]);
    }
    return new DepthPlane(png.width(), png.height(), true, values);
  }

  private static GreyPng rvl(ByteBuffer in) {
    int width = in.getInt(0);
    int height = in.getInt(4);
    if (width < 1 || height < 1 || (long) width * height > Truth.MOST_PIXELS) {
      throw new MessageFormatException(
          "compressedDepth holds neither a PNG nor RVL: %sx%s pixels cannot be"
              .formatted(Integer.toUnsignedString(width), Integer.toUnsignedString(height)));
    }
    return new GreyPng(width, height, 16, new Nibbles(in).decode(width * height));
  }

  /** The variable-length numbers of RVL, three bits and a flag to a nibble, eight to a word. */
  private static final class Nibbles {
    private final ByteBuffer in;
    private int at = 8;
    private int word;
    private int left;

    Nibbles(ByteBuffer in) {
      this.in = in;
    }

    short[] decode(int pixels) {
      short[] out = new short[pixels];
      int previous = 0;
      int to = 0;
      while (to < pixels) {
        int zeros = number();
        int values = number();
        if (zeros < 0
            || values < 0
            || zeros > pixels - to
            || values > pixels - to - zeros
            || zeros + values == 0) {
          throw new MessageFormatException(
              "RVL is damaged: runs of %d and %d behind pixel %d of %d"
                  .formatted(zeros, values, to, pixels));
        }
        to += zeros;
        for (int i = 0; i < values; i++) {
          int folded = number();
          previous += (folded >>> 1) ^ -(folded & 1);
          out[to++] = (short) previous;
        }
      }
      return out;
    }

    private int number() {
      int value = 0;
      int shift = 0;
      while (true) {
        if (left == 0) {
          if (in.limit() - at < Integer.BYTES) {
            throw new MessageFormatException("RVL ends early");
          }
          word = in.getInt(at);
          at += Integer.BYTES;
          left = 8;
        }
        int nibble = word >>> 28;
        word <<= 4;
        left--;
        if (shift > 30) {
          throw new MessageFormatException("RVL is damaged: a number has no end");
        }
        value |= (nibble & 7) << shift;
        shift += 3;
        if ((nibble & 8) == 0) {
          return value;
        }
      }
    }
  }
}
