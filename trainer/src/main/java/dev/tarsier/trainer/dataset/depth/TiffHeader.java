package dev.tarsier.trainer.dataset.depth;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The first directory of a TIFF file (Adobe, TIFF Revision 6.0; BigTIFF): what is stored, where,
 * and GDAL's tag 42113 for the value that means unknown.
 *
 * @param width columns
 * @param height rows
 * @param bits of a value
 * @param format of a value: 1 without sign, 2 with, 3 floating point
 * @param nodata the value that means unknown; NaN for none
 */
record TiffHeader(int width, int height, int bits, int format, double nodata) {
  private static final int MOST_ENTRIES = 4096;

  /**
   * What the decoder needs: size, bits, compression, colours, strips, fill order, planes,
   * predictor, tiles, format.
   */
  private static final Set<Integer> FOR_PIXELS =
      Set.of(256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 339);

  private static final int WIDTH = 256;
  private static final int HEIGHT = 257;
  private static final int BITS = 258;
  private static final int COMPRESSION = 259;
  private static final int DEFLATE = 8;
  private static final int OLD_DEFLATE = 32946;
  private static final int STRIP_OFFSETS = 273;
  private static final int ORIENTATION = 274;
  private static final int SAMPLES = 277;
  private static final int STRIP_BYTES = 279;
  private static final int PREDICTOR = 317;
  private static final int TILE_OFFSETS = 324;
  private static final int TILE_BYTES = 325;
  private static final int FORMAT = 339;
  private static final int NODATA = 42113;

  static boolean is(byte[] file) {
    return file.length >= 8
        && ((file[0] == 'I' && file[1] == 'I') || (file[0] == 'M' && file[1] == 'M'))
        && (file[file[0] == 'I' ? 2 : 3] == 42 || file[file[0] == 'I' ? 2 : 3] == 43)
        && file[file[0] == 'I' ? 3 : 2] == 0;
  }

  static TiffHeader read(byte[] encoded) throws UnreadableDepthException {
    try {
      return new Directory(encoded).header();
    } catch (IndexOutOfBoundsException e) {
      throw cutOff(encoded.length);
    }
  }

  /**
   * The same file with the first directory alone, and in it what pixels are decoded by: the decoder
   * complains of tags that it does not know, and every program has its own.
   *
   * @param encoded which was {@link #read}. Not modified.
   */
  static byte[] bare(byte[] encoded) throws UnreadableDepthException {
    byte[] copy = encoded.clone();
    new Directory(copy).keep(FOR_PIXELS);
    return copy;
  }

  /** What its numbers are. */
  String type() {
    return (format == 3 ? "float" : format == 2 ? "int" : "uint") + bits;
  }

  @Override
  public String toString() {
    return "a TIFF of %dx%d %s".formatted(width, height, type());
  }

  private static UnreadableDepthException cutOff(int bytes) {
    return new UnreadableDepthException(
        "is cut off: the TIFF goes on behind its %d bytes".formatted(bytes));
  }

  private static final class Directory {
    private final ByteBuffer file;
    private final boolean big;
    private final long first;
    private final int entries;

    Directory(byte[] encoded) throws UnreadableDepthException {
      file =
          ByteBuffer.wrap(encoded)
              .order(encoded[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      big = file.getShort(2) == 43;
      long at = big ? file.getLong(8) : Integer.toUnsignedLong(file.getInt(4));
      long count = big ? file.getLong(place(at)) : Short.toUnsignedInt(file.getShort(place(at)));
      if (count < 1 || count > MOST_ENTRIES) {
        throw new UnreadableDepthException(
            "is a damaged TIFF: a directory of %d entries".formatted(count));
      }
      first = at + (big ? 8 : 2);
      entries = (int) count;
    }

    private static int place(long at) {
      if (at < 0 || at > Integer.MAX_VALUE) {
        throw new IndexOutOfBoundsException();
      }
      return (int) at;
    }

    TiffHeader header() throws UnreadableDepthException {
      long width = number(WIDTH, 0);
      long height = number(HEIGHT, 0);
      if (width < 1
          || height < 1
          || width > StoredDepth.MOST_PIXELS
          || height > StoredDepth.MOST_PIXELS
          || width * height > StoredDepth.MOST_PIXELS) {
        throw new UnreadableDepthException(
            "says that it has %dx%d pixels, which no camera has".formatted(width, height));
      }
      int bits = (int) number(BITS, 1);
      long samples = number(SAMPLES, 1);
      if (samples != 1 || bits < 16) {
        throw new UnreadableDepthException(
            "has %d channels of %d bits; depth must have one of 16 or more"
                .formatted(samples, bits));
      }
      if (number(ORIENTATION, 1) != 1) {
        throw new UnreadableDepthException(
            "is turned (TIFF orientation %d); store it upright".formatted(number(ORIENTATION, 1)));
      }
      requireData(entry(TILE_OFFSETS) >= 0 ? TILE_OFFSETS : STRIP_OFFSETS);
      return new TiffHeader((int) width, (int) height, bits, (int) number(FORMAT, 1), nodata());
    }

    void keep(Set<Integer> tags) {
      int size = big ? 20 : 12;
      int to = place(first);
      int kept = 0;
      short decodable = (short) decodable();
      for (int i = 0; i < entries; i++) {
        int at = place(first + (long) i * size);
        int tag = Short.toUnsignedInt(file.getShort(at));
        if (tags.contains(tag)) {
          file.put(to, file, at, size);
          if (tag == FORMAT) {
            file.putShort(values(to, count(to) * 2), decodable);
          }
          to += size;
          kept++;
        }
      }
      if (big) {
        file.putLong(place(first - 8), kept).putLong(to, 0);
      } else {
        file.putShort(place(first - 2), (short) kept).putInt(to, 0);
      }
    }

    /** The decoder takes no half floats and no uint32, and all the same gives their bits. */
    private int decodable() {
      int bits = (int) number(BITS, 1);
      int format = (int) number(FORMAT, 1);
      boolean floatPredictor = number(PREDICTOR, 1) == 3;
      return bits == 16 && format == 3 && !floatPredictor
          ? 1
          : bits == 32 && format == 1 ? 2 : format;
    }

    private void requireData(int offsets) throws UnreadableDepthException {
      int sizes = offsets == TILE_OFFSETS ? TILE_BYTES : STRIP_BYTES;
      int atOffsets = entry(offsets);
      int atSizes = entry(sizes);
      if (atOffsets < 0 || atSizes < 0) {
        throw new UnreadableDepthException("is a damaged TIFF: it does not say where its data is");
      }
      long pieces = count(atOffsets);
      if (pieces < 1 || pieces > file.limit() || count(atSizes) != pieces) {
        throw new UnreadableDepthException(
            "is a damaged TIFF: %d pieces of data have %d sizes".formatted(pieces, count(atSizes)));
      }
      for (int i = 0; i < pieces; i++) {
        long end = value(atOffsets, i) + value(atSizes, i);
        if (end < 0 || end > file.limit()) {
          throw cutOff(file.limit());
        }
        if (number(COMPRESSION, 1) == DEFLATE || number(COMPRESSION, 1) == OLD_DEFLATE) {
          requireSum(place(value(atOffsets, i)), (int) value(atSizes, i));
        }
      }
    }

    /** The decoder stops when it has its pixels, and so before the checksum. */
    private void requireSum(int from, int bytes) throws UnreadableDepthException {
      byte[] piece = new byte[1 << 16];
      Inflater inflater = new Inflater();
      try {
        inflater.setInput(file.array(), from, bytes);
        while (!inflater.finished()) {
          if (inflater.inflate(piece) == 0 && !inflater.finished()) {
            throw new UnreadableDepthException(
                "is a damaged TIFF: compressed data at byte %d has no end".formatted(from));
          }
        }
      } catch (DataFormatException e) {
        throw new UnreadableDepthException(
            "is a damaged TIFF: compressed data at byte %d: %s".formatted(from, e.getMessage()));
      } finally {
        inflater.end();
      }
    }

    private double nodata() {
      int at = entry(NODATA);
      if (at < 0) {
        return Double.NaN;
      }
      int length = place(Math.min(count(at), 64));
      byte[] text = new byte[length];
      file.get(values(at, length), text);
      String number = new String(text, StandardCharsets.US_ASCII).replace("\0", " ").strip();
      try {
        return Double.parseDouble(number);
      } catch (NumberFormatException e) {
        return Double.NaN; // "nan" and "-inf" are unknown in any case
      }
    }

    /** Where a tag's entry is; −1 where there is none. */
    private int entry(int tag) {
      for (int i = 0; i < entries; i++) {
        int at = place(first + (long) i * (big ? 20 : 12));
        if (Short.toUnsignedInt(file.getShort(at)) == tag) {
          return at;
        }
      }
      return -1;
    }

    private long number(int tag, long absent) {
      int at = entry(tag);
      return at < 0 || count(at) < 1 ? absent : value(at, 0);
    }

    private long count(int entry) {
      return big ? file.getLong(entry + 4) : Integer.toUnsignedLong(file.getInt(entry + 4));
    }

    /** Where an entry's values are: in it, if they fit. */
    private int values(int entry, long bytes) {
      int field = entry + (big ? 12 : 8);
      return bytes <= (big ? 8 : 4)
          ? field
          : place(big ? file.getLong(field) : Integer.toUnsignedLong(file.getInt(field)));
    }

    private long value(int entry, int index) {
      int type = file.getShort(entry + 2);
      int size = type == 3 ? 2 : type == 16 || type == 17 || type == 18 ? 8 : type == 1 ? 1 : 4;
      int at = place(values(entry, count(entry) * size) + (long) index * size);
      return switch (size) {
        case 1 -> Byte.toUnsignedInt(file.get(at));
        case 2 -> Short.toUnsignedInt(file.getShort(at));
        case 4 -> Integer.toUnsignedLong(file.getInt(at));
        default -> file.getLong(at);
      };
    }
  }
}
