package dev.tarsier.runtime.tensor;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.plugins.jpeg.JPEGHuffmanTable;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Walks through a JPEG (ITU-T T.81) before it is decoded. The decoder paints over what is damaged
 * and only prints a warning; here it is an error of the frame. Every code of the compressed data is
 * read, without computing pixels: codes that do not exist, blocks with too many coefficients, data
 * that ends early or is left over, restart markers out of order, and brightness that no block can
 * have. What a transmission damages without breaking one of these cannot be told from an image.
 *
 * <p>Tables and memory are kept for the next file. Owned by one thread.
 */
final class JpegCheck {
  private static final VarHandle BIG_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final int SOF0 = 0xC0;
  private static final int SOF1 = 0xC1;
  private static final int SOF2 = 0xC2;
  private static final int DHT = 0xC4;
  private static final int RST0 = 0xD0;
  private static final int RST7 = 0xD7;
  private static final int SOI = 0xD8;
  private static final int EOI = 0xD9;
  private static final int SOS = 0xDA;
  private static final int DQT = 0xDB;
  private static final int DRI = 0xDD;
  private static final int APP0 = 0xE0;
  private static final int APP14 = 0xEE;
  private static final int TEM = 0x01;

  private static final int TABLES = 4;
  private static final int COMPONENTS = 4;
  private static final int MOST_BLOCKS = 10;
  private static final int COEFFICIENTS = 64;
  private static final int MOST_DC_BITS = 11;

  /** Level-shifted samples are -128 to 127, and DC is eight times their mean. */
  private static final int LARGEST_DC = 1024;

  /** Encoders compute with whole numbers. */
  private static final int DC_ROUNDING = 32;

  /** The bit reader looks behind the end by up to a word for each block of a unit. */
  private static final int SLACK = 8 * (MOST_BLOCKS + 2);

  private byte[] bytes = new byte[1 << 16];
  private int length;
  private final HuffmanTable[] dc = tables();
  private final HuffmanTable[] ac = tables();
  private final int[] dcStep = new int[TABLES];

  private int components;
  private final int[] id = new int[COMPONENTS];
  private final int[] wide = new int[COMPONENTS];
  private final int[] high = new int[COMPONENTS];
  private final int[] quantisation = new int[COMPONENTS];
  private int width;
  private int height;
  private boolean progressive;
  private int restartInterval;
  private boolean jfif;
  private int scanned;

  private int scanComponents;
  private final int[] scanComponent = new int[COMPONENTS];
  private final HuffmanTable[] scanDc = new HuffmanTable[COMPONENTS];
  private final HuffmanTable[] scanAc = new HuffmanTable[COMPONENTS];
  private final int[] blockOf = new int[MOST_BLOCKS];
  private int blocks;
  private final int[] predicted = new int[COMPONENTS];
  private final int[] largestDc = new int[COMPONENTS];

  private static HuffmanTable[] tables() {
    HuffmanTable[] tables = new HuffmanTable[TABLES];
    Arrays.setAll(tables, i -> new HuffmanTable());
    return tables;
  }

  /**
   * Checks a file.
   *
   * @param file which starts as a JPEG, from 0 to its limit. Not modified.
   * @throws RejectedFrameException when it is damaged; its message says where
   */
  void run(ByteBuffer file) throws RejectedFrameException {
    length = file.limit();
    if (bytes.length < length + SLACK) {
      bytes = new byte[length + SLACK];
    }
    file.get(0, bytes, 0, length);
    Arrays.fill(bytes, length, length + SLACK, (byte) 0);
    for (int i = 0; i < TABLES; i++) {
      dc[i].undefine();
      ac[i].undefine();
      dcStep[i] = 0;
    }
    components = 0;
    restartInterval = 0;
    jfif = false;
    progressive = false;
    scanned = 0;
    walk();
  }

  private void walk() throws RejectedFrameException {
    int at = 2;
    while (true) {
      if (at + 1 >= length) {
        throw truncated();
      }
      if (u8(at) != 0xFF) {
        throw corrupt("no marker at byte " + at);
      }
      int marker = u8(at + 1);
      if (marker == 0xFF) {
        at++; // a fill byte
        continue;
      }
      at += 2;
      if (marker == EOI) {
        if (components == 0 || scanned != (1 << components) - 1) {
          throw corrupt("it ends before its image");
        }
        return; // what follows is padding
      }
      if (marker == 0 || marker == SOI) {
        throw corrupt("marker %02x at byte %d".formatted(marker, at - 1));
      }
      if (marker == TEM || (marker >= RST0 && marker <= RST7)) {
        continue; // markers without a body
      }
      if (at + 2 > length) {
        throw truncated();
      }
      int end = at + u16(at);
      if (end > length) {
        throw truncated();
      }
      if (end < at + 2) {
        throw corrupt("segment of length %d at byte %d".formatted(end - at, at));
      }
      at = segment(marker, at + 2, end);
      if (at < 0) {
        return;
      }
    }
  }

  /** Reads a segment's body; gives where the next marker is, -1 when the file is done with. */
  private int segment(int marker, int from, int end) throws RejectedFrameException {
    switch (marker) {
      case DQT -> quantisationTables(from, end);
      case DHT -> huffmanTables(from, end);
      case DRI -> {
        require(end - from == 2, "restart interval");
        restartInterval = u16(from);
      }
      case SOF0, SOF1, SOF2 -> frame(marker, from, end);
      case SOS -> {
        return scan(from, end);
      }
      case APP0 -> application(from, end);
      case APP14 -> adobe(from, end);
      default -> {
        if (marker > SOF2 && marker <= 0xCF && marker != 0xC8 && marker != 0xCC) {
          throw corrupt("lossless, hierarchical and arithmetic coding are not read");
        }
      }
    }
    return end;
  }

  private void application(int from, int end) throws RejectedFrameException {
    if (end - from >= 14 && isText(from, "JFIF\0")) {
      jfif = true;
      require(u8(from + 5) == 1, "JFIF version");
    }
  }

  private void adobe(int from, int end) throws RejectedFrameException {
    if (end - from >= 12 && isText(from, "Adobe") && !jfif) {
      require(u8(from + 11) <= 2, "Adobe colour transform");
    }
  }

  private boolean isText(int at, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (u8(at + i) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private void quantisationTables(int from, int end) throws RejectedFrameException {
    int at = from;
    while (at < end) {
      int wider = u8(at) >> 4;
      int table = u8(at) & 15;
      int size = 1 + COEFFICIENTS * (wider + 1);
      require(wider <= 1 && table < TABLES && at + size <= end, "quantisation table");
      dcStep[table] = wider == 0 ? u8(at + 1) : u16(at + 1);
      require(dcStep[table] > 0, "quantisation table");
      at += size;
    }
  }

  private void huffmanTables(int from, int end) throws RejectedFrameException {
    int at = from;
    while (at < end) {
      require(at + 17 <= end, "Huffman table");
      boolean forAc = u8(at) >> 4 == 1;
      int table = u8(at) & 15;
      int symbols = 0;
      for (int i = 1; i <= 16; i++) {
        symbols += u8(at + i);
      }
      require(
          u8(at) >> 4 <= 1 && table < TABLES && symbols <= 256 && at + 17 + symbols <= end,
          "Huffman table");
      require((forAc ? ac : dc)[table].define(bytes, at + 1, 16 + symbols, forAc), "Huffman table");
      at += 17 + symbols;
    }
  }

  private void frame(int marker, int from, int end) throws RejectedFrameException {
    require(components == 0 && end - from >= 6, "frame header");
    int count = u8(from + 5);
    require(count >= 1 && count <= COMPONENTS && end - from == 6 + 3 * count, "frame header");
    if (u8(from) != 8) {
      throw corrupt("%d bits a sample are not read, 8 are".formatted(u8(from)));
    }
    height = u16(from + 1);
    width = u16(from + 3);
    require(width > 0 && height > 0, "frame header");
    for (int i = 0; i < count; i++) {
      int at = from + 6 + 3 * i;
      id[i] = u8(at);
      wide[i] = u8(at + 1) >> 4;
      high[i] = u8(at + 1) & 15;
      quantisation[i] = u8(at + 2);
      require(
          wide[i] >= 1 && wide[i] <= 4 && high[i] >= 1 && high[i] <= 4 && quantisation[i] < TABLES,
          "frame header");
    }
    components = count;
    progressive = marker == SOF2;
  }

  private int scan(int from, int end) throws RejectedFrameException {
    require(components > 0, "scan before its frame header");
    if (progressive) {
      checkProgressive();
      return -1;
    }
    int count = end > from ? u8(from) : 0;
    require(count >= 1 && count <= components && end - from == 4 + 2 * count, "scan header");
    scanComponents = count;
    for (int i = 0; i < count; i++) {
      int component = indexOf(u8(from + 1 + 2 * i));
      int tables = u8(from + 2 + 2 * i);
      require(
          component >= 0
              && (scanned & (1 << component)) == 0
              && tables >> 4 < TABLES
              && (tables & 15) < TABLES,
          "scan header");
      scanned |= 1 << component;
      scanComponent[i] = component;
      scanDc[i] = table(dc, tables >> 4, false);
      scanAc[i] = table(ac, tables & 15, true);
      int step = dcStep[quantisation[component]];
      require(step > 0, "missing quantisation table");
      largestDc[i] = (LARGEST_DC + DC_ROUNDING) / step + 1;
    }
    int at = from + 1 + 2 * count;
    require(u8(at) == 0 && u8(at + 1) == COEFFICIENTS - 1 && u8(at + 2) == 0, "scan header");
    return segments(end, units());
  }

  private int indexOf(int wanted) {
    for (int i = 0; i < components; i++) {
      if (id[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  /** Cameras leave out the standard's own tables, as motion JPEG does (T.81, annex K.3). */
  private HuffmanTable table(HuffmanTable[] of, int index, boolean forAc)
      throws RejectedFrameException {
    if (!of[index].defined()) {
      require(index < 2, "missing Huffman table");
      JPEGHuffmanTable standard =
          forAc
              ? index == 0 ? JPEGHuffmanTable.StdACLuminance : JPEGHuffmanTable.StdACChrominance
              : index == 0 ? JPEGHuffmanTable.StdDCLuminance : JPEGHuffmanTable.StdDCChrominance;
      short[] lengths = standard.getLengths();
      short[] values = standard.getValues();
      byte[] specification = new byte[16 + values.length];
      for (int i = 0; i < lengths.length; i++) {
        specification[i] = (byte) lengths[i];
      }
      for (int i = 0; i < values.length; i++) {
        specification[16 + i] = (byte) values[i];
      }
      of[index].define(specification, 0, specification.length, forAc);
    }
    return of[index];
  }

  /** How many units (MCUs) the scan has; lays out the blocks of one. */
  private long units() throws RejectedFrameException {
    int widest = 1;
    int highest = 1;
    for (int i = 0; i < components; i++) {
      widest = Math.max(widest, wide[i]);
      highest = Math.max(highest, high[i]);
    }
    blocks = 0;
    if (scanComponents == 1) {
      int only = scanComponent[0];
      blockOf[blocks++] = 0;
      return (long) ceil(ceil(width * wide[only], widest), 8)
          * ceil(ceil(height * high[only], highest), 8);
    }
    for (int i = 0; i < scanComponents; i++) {
      int component = scanComponent[i];
      require(blocks + wide[component] * high[component] <= MOST_BLOCKS, "sampling factors");
      for (int block = 0; block < wide[component] * high[component]; block++) {
        blockOf[blocks++] = i;
      }
    }
    return (long) ceil(width, 8 * widest) * ceil(height, 8 * highest);
  }

  private static int ceil(int value, int step) {
    return (value + step - 1) / step;
  }

  /** The compressed data, from restart to restart; gives where the next marker is. */
  private int segments(int from, long units) throws RejectedFrameException {
    int at = from;
    long left = units;
    int restart = 0;
    while (true) {
      long here = restartInterval == 0 ? left : Math.min(left, restartInterval);
      int marker = nextMarker(at);
      int end = unstuffed;
      units(at, end, here, units - left);
      left -= here;
      if (left == 0) {
        return marker;
      }
      int found = marker + 1 < length ? u8(markerByte(marker)) : -1;
      if (found != RST0 + restart) {
        throw corrupt("restart marker %d is missing at byte %d".formatted(restart, marker));
      }
      restart = (restart + 1) & 7;
      at = markerByte(marker) + 1;
    }
  }

  private int markerByte(int marker) {
    int at = marker + 1;
    while (at < length && u8(at) == 0xFF) {
      at++; // fill bytes
    }
    return at;
  }

  private int unstuffed;

  /**
   * Finds the end of the compressed data, and takes out the zeros behind 0xFF that tell data from
   * markers: the data then ends at {@link #unstuffed}.
   */
  private int nextMarker(int from) throws RejectedFrameException {
    int to = from;
    int at = from;
    while (true) {
      int next = find0xFF(at);
      if (next + 1 >= length) {
        throw truncated();
      }
      if (to != at) {
        System.arraycopy(bytes, at, bytes, to, next - at);
      }
      to += next - at;
      int behind = markerByte(next);
      if (behind >= length) {
        throw truncated();
      }
      if (u8(behind) != 0) {
        unstuffed = to;
        return next;
      }
      bytes[to++] = (byte) 0xFF;
      at = behind + 1;
    }
  }

  /** Index of the next 0xFF, eight bytes at a time; the file's length when there is none. */
  private int find0xFF(int from) {
    int at = from;
    while (at + Long.BYTES <= length) {
      long inverted = ~(long) BIG_ENDIAN.get(bytes, at);
      if (((inverted - 0x0101010101010101L) & ~inverted & 0x8080808080808080L) != 0) {
        break;
      }
      at += Long.BYTES;
    }
    while (at < length && bytes[at] != -1) {
      at++;
    }
    return at;
  }

  /** Reads the codes of so many units, which must be what the bytes from..end hold. */
  private void units(int from, int end, long count, long before) throws RejectedFrameException {
    Arrays.fill(predicted, 0);
    byte[] data = bytes;
    long bit = 8L * from;
    long last = 8L * end;
    for (long unit = 0; unit < count; unit++) {
      if (bit > last) {
        throw early(before + unit);
      }
      for (int block = 0; block < blocks; block++) {
        int part = blockOf[block];
        // Brightness, as the difference to the block before.
        long window = (long) BIG_ENDIAN.get(data, (int) (bit >> 3)) << (int) (bit & 7);
        int found = scanDc[part].symbol((int) (window >>> 48));
        int size = found & 0xFF;
        if (found < 0 || size > MOST_DC_BITS) {
          throw wrong(bit, last, before + unit, "a code that does not exist");
        }
        int used = found >> 8;
        if (size > 0) {
          int value = (int) ((window << used) >>> (64 - size));
          predicted[part] += value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
          used += size;
        }
        if (Math.abs(predicted[part]) > largestDc[part]) {
          throw wrong(bit, last, before + unit, "a brightness that no block can have");
        }
        bit += used;
        window <<= used;
        int valid = 57 - used;
        // The rest of the coefficients.
        HuffmanTable table = scanAc[part];
        int coefficient = 1;
        while (coefficient < COEFFICIENTS) {
          if (valid < 26) { // the longest code and its value
            if (bit > last) {
              throw early(before + unit);
            }
            window = (long) BIG_ENDIAN.get(data, (int) (bit >> 3)) << (int) (bit & 7);
            valid = 57;
          }
          int several = table.window((int) (window >>> (64 - HuffmanTable.WINDOW)));
          int taken = several & 15;
          int behind = coefficient + ((several >> 4) & 0xFF);
          if (several > 0 && several < HuffmanTable.END && behind < COEFFICIENTS) {
            bit += taken;
            window <<= taken;
            valid -= taken;
            coefficient = behind;
            continue;
          }
          boolean ends = several >= HuffmanTable.END;
          if (taken == 0 || behind > COEFFICIENTS || (ends && behind == COEFFICIENTS)) {
            int symbol = table.symbol((int) (window >>> 48));
            if (symbol < 0 || !HuffmanTable.isAc(symbol & 0xFF)) {
              throw wrong(bit, last, before + unit, "a code that does not exist");
            }
            taken = (symbol >> 8) + (symbol & 15);
            ends = (symbol & 0xFF) == 0;
            behind = ends ? coefficient : coefficient + ((symbol >> 4) & 15) + 1;
            if (behind > COEFFICIENTS) {
              throw wrong(bit, last, before + unit, "a block of more than 64 coefficients");
            }
          }
          bit += taken;
          window <<= taken;
          valid -= taken;
          coefficient = ends ? COEFFICIENTS : behind;
        }
      }
    }
    if (bit > last) {
      throw early(before + count);
    }
    if (last - bit >= 8) {
      throw corrupt("%d bytes of data are left over".formatted((last - bit) / 8));
    }
  }

  private static RejectedFrameException wrong(long bit, long last, long unit, String what) {
    return bit >= last ? early(unit) : corrupt("%s in unit %d".formatted(what, unit));
  }

  private static RejectedFrameException early(long unit) {
    return corrupt("its data ends in unit %d".formatted(unit));
  }

  /**
   * Cameras do not send progressive JPEGs; files may be. Java's own decoder tells its warnings, and
   * takes several times as long.
   */
  private void checkProgressive() throws RejectedFrameException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
    String[] warning = new String[1];
    try (ImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes, 0, length))) {
      reader.addIIOReadWarningListener((source, text) -> warning[0] = text);
      reader.setInput(in, true, true);
      reader.readRaster(0, null);
    } catch (IOException | RuntimeException e) {
      throw corrupt(String.valueOf(e.getMessage()));
    } finally {
      reader.dispose();
    }
    if (warning[0] != null) {
      throw corrupt(warning[0]);
    }
  }

  private static void require(boolean holds, String what) throws RejectedFrameException {
    if (!holds) {
      throw corrupt("wrong " + what);
    }
  }

  private RejectedFrameException truncated() {
    return corrupt("it is truncated, %d bytes end without an end marker".formatted(length));
  }

  private static RejectedFrameException corrupt(String why) {
    return new RejectedFrameException(DropReason.CORRUPT_IMAGE, "JPEG is damaged: " + why);
  }

  private int u8(int at) {
    return Byte.toUnsignedInt(bytes[at]);
  }

  private int u16(int at) {
    return u8(at) << 8 | u8(at + 1);
  }
}
