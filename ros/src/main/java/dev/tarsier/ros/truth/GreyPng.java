package dev.tarsier.ros.truth;

import dev.tarsier.ros.port.MessageFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A PNG file of one channel, 8 or 16 bits, as depth and class ids are kept in (W3C, Portable
 * Network Graphics, second edition). A library would convert to what a screen shows; here each
 * value counts. Chunks that say nothing of the values are not looked at, so that nothing in them
 * can cost memory.
 *
 * @param width pixels
 * @param height pixels
 * @param bits of a value, 8 or 16
 * @param values uint8 or uint16 [height, width]
 */
record GreyPng(int width, int height, int bits, short[] values) {
  /** Signature, length, type, IHDR. */
  private static final int FIRST = 8 + 8 + 13 + 4;

  private static final long SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int IHDR = 0x49484452;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454e44;

  /** Whether it begins as a PNG file does. */
  static boolean is(ByteBuffer file) {
    return file.remaining() >= FIRST
        && file.slice().order(ByteOrder.BIG_ENDIAN).getLong(0) == SIGNATURE;
  }

  /**
   * The bits of a value if the file has one channel, else 0.
   *
   * @param file Not modified.
   */
  static int bitsOf(ByteBuffer file) {
    return is(file) && file.get(file.position() + 25) == 0 ? file.get(file.position() + 24) : 0;
  }

  /**
   * Reads a file.
   *
   * @param file from position to limit; may have bytes behind its end. Not modified.
   * @throws MessageFormatException when it is no such PNG or is damaged
   */
  static GreyPng decode(ByteBuffer file) {
    if (!is(file)) {
      throw new MessageFormatException("it is no PNG file");
    }
    ByteBuffer in = file.slice().order(ByteOrder.BIG_ENDIAN);
    if (in.getInt(8) != 13 || in.getInt(12) != IHDR) {
      throw new MessageFormatException("the PNG does not begin with its header");
    }
    int width = in.getInt(16);
    int height = in.getInt(20);
    int bits = in.get(24);
    int colour = in.get(25);
    if (colour != 0 || (bits != 8 && bits != 16)) {
      throw new MessageFormatException(
          "the PNG must have one channel of 8 or 16 bits, got colour type %d of %d bits"
              .formatted(colour, bits));
    }
    if (in.get(28) != 0) {
      throw new MessageFormatException("the PNG is interlaced, which is not read");
    }
    if (width < 1 || height < 1 || (long) width * height > Truth.MOST_PIXELS) {
      throw new MessageFormatException(
          "a PNG of %sx%s pixels is beyond %d"
              .formatted(
                  Integer.toUnsignedString(width),
                  Integer.toUnsignedString(height),
                  Truth.MOST_PIXELS));
    }
    return new GreyPng(
        width, height, bits, unfilter(inflate(in, width, height, bits), width, height, bits));
  }

  private static byte[] inflate(ByteBuffer in, int width, int height, int bits) {
    // grows with what comes: the sizes in the header may be anything
    int needed = (1 + width * bits / 8) * height;
    byte[] rows = new byte[Math.min(needed, Math.max(1 << 16, 64 * in.limit()))];
    int filled = 0;
    Inflater inflater = new Inflater();
    try {
      int at = 8;
      while (true) {
        if (in.limit() - at < 12) {
          throw new MessageFormatException("the PNG ends early");
        }
        int length = in.getInt(at);
        int type = in.getInt(at + 4);
        if (length < 0 || length > in.limit() - at - 12) {
          throw new MessageFormatException("the PNG ends inside a chunk");
        }
        checkSum(in, at, length);
        if (type == IEND) {
          break;
        }
        if (type == IDAT) {
          inflater.setInput(in.slice(at + 8, length));
          while (filled < needed && !inflater.needsInput() && !inflater.finished()) {
            if (filled == rows.length) {
              rows = java.util.Arrays.copyOf(rows, (int) Math.min(needed, 2L * rows.length));
            }
            int count = inflater.inflate(rows, filled, rows.length - filled);
            if (count == 0 && (inflater.needsDictionary() || !inflater.needsInput())) {
              break;
            }
            filled += count;
          }
        }
        at += 12 + length;
      }
    } catch (DataFormatException e) {
      throw new MessageFormatException("the PNG is damaged: " + e.getMessage());
    } finally {
      inflater.end();
    }
    if (filled < needed) {
      throw new MessageFormatException(
          "the PNG has %d of the %d bytes of its %dx%d pixels"
              .formatted(filled, needed, width, height));
    }
    return rows;
  }

  private static void checkSum(ByteBuffer in, int at, int length) {
    CRC32 sum = new CRC32();
    sum.update(in.slice(at + 4, length + 4));
    if ((int) sum.getValue() != in.getInt(at + 8 + length)) {
      throw new MessageFormatException("the PNG is damaged: a checksum is wrong");
    }
  }

  /** Section 9 of the standard; the unit of a filter is the pixel. */
  private static short[] unfilter(byte[] rows, int width, int height, int bits) {
    int unit = bits / 8;
    int stride = width * unit;
    short[] values = new short[width * height];
    byte[] above = new byte[stride];
    byte[] row = new byte[stride];
    for (int y = 0; y < height; y++) {
      int from = y * (stride + 1);
      int filter = rows[from];
      for (int i = 0; i < stride; i++) {
        int left = i < unit ? 0 : row[i - unit] & 0xff;
        int up = above[i] & 0xff;
        int predicted =
            switch (filter) {
              case 0 -> 0;
              case 1 -> left;
              case 2 -> up;
              case 3 -> (left + up) / 2;
              case 4 -> paeth(left, up, i < unit ? 0 : above[i - unit] & 0xff);
              default -> throw new MessageFormatException("the PNG is damaged: filter " + filter);
            };
        row[i] = (byte) (rows[from + 1 + i] + predicted);
      }
      for (int x = 0; x < width; x++) {
        values[y * width + x] =
            (short)
                (unit == 1 ? row[x] & 0xff : ((row[2 * x] & 0xff) << 8) | (row[2 * x + 1] & 0xff));
      }
      byte[] free = above;
      above = row;
      row = free;
    }
    return values;
  }

  private static int paeth(int left, int up, int upperLeft) {
    int estimate = left + up - upperLeft;
    int toLeft = Math.abs(estimate - left);
    int toUp = Math.abs(estimate - up);
    int toUpperLeft = Math.abs(estimate - upperLeft);
    if (toLeft <= toUp && toLeft <= toUpperLeft) {
      return left;
    }
    return toUp <= toUpperLeft ? up : upperLeft;
  }
}
