package dev.tarsier.trainer.dataset.depth;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An array in NumPy's format, versions 1 to 3 (numpy.lib.format): a header that is the text of a
 * Python dictionary, then the values, row by row or column by column.
 */
final class NpyDepth {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern TYPE =
      Pattern.compile("['\"]descr['\"]\\s*:\\s*['\"]([^'\"]*)['\"]");
  private static final Pattern ORDER =
      Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([^)]*)\\)");

  private NpyDepth() {}

  static boolean is(byte[] file) {
    return is(ByteBuffer.wrap(file));
  }

  private static boolean is(ByteBuffer file) {
    return file.remaining() >= 12 && file.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
  }

  static StoredDepth read(byte[] encoded) throws UnreadableDepthException {
    if (!is(encoded)) {
      throw new UnreadableDepthException("is no NPY file");
    }
    ByteBuffer file = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN);
    int major = file.get(6);
    long headerBytes =
        major == 1 ? Short.toUnsignedInt(file.getShort(8)) : Integer.toUnsignedLong(file.getInt(8));
    int begin = major == 1 ? 10 : 12;
    if (major < 1 || major > 3 || headerBytes > encoded.length - begin) {
      throw new UnreadableDepthException(
          "is a damaged NPY file: a header of %d bytes of version %d in a file of %d bytes"
              .formatted(headerBytes, major, encoded.length));
    }
    String header =
        new String(
            encoded,
            begin,
            (int) headerBytes,
            major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    String type = entry(TYPE, header, "type of one number");
    boolean columns = entry(ORDER, header, "fortran_order").equals("True");
    int[] shape = shape(entry(SHAPE, header, "shape"));
    int data = begin + (int) headerBytes;
    ByteBuffer values =
        file.slice(data, encoded.length - data)
            .order(type.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    return depth(shape[0], shape[1], columns, type, values);
  }

  private static String entry(Pattern pattern, String header, String what)
      throws UnreadableDepthException {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new UnreadableDepthException(
          "is an NPY file without a %s: %s".formatted(what, header.strip()));
    }
    return matcher.group(1);
  }

  /** Height and width; axes of length 1 before and behind them are no matter. */
  private static int[] shape(String text) throws UnreadableDepthException {
    List<Long> axes = new ArrayList<>();
    for (String axis : text.split(",")) {
      if (!axis.isBlank()) {
        String digits = axis.strip().replaceAll("L$", ""); // as Python 2 wrote it
        if (!digits.matches("\\d{1,18}")) {
          throw new UnreadableDepthException("is an NPY file with the shape (%s)".formatted(text));
        }
        axes.add(Long.parseLong(digits));
      }
    }
    while (axes.size() > 2 && axes.get(0) == 1) {
      axes.remove(0);
    }
    while (axes.size() > 2 && axes.get(axes.size() - 1) == 1) {
      axes.remove(axes.size() - 1);
    }
    if (axes.size() != 2) {
      throw new UnreadableDepthException(
          "has the shape (%s); depth must be [height, width]".formatted(text.strip()));
    }
    long height = axes.get(0);
    long width = axes.get(1);
    if (height < 1
        || width < 1
        || height > StoredDepth.MOST_PIXELS
        || width > StoredDepth.MOST_PIXELS
        || height * width > StoredDepth.MOST_PIXELS) {
      throw new UnreadableDepthException(
          "says that it has %dx%d pixels, which no camera has".formatted(width, height));
    }
    return new int[] {(int) height, (int) width};
  }

  private static StoredDepth depth(
      int height, int width, boolean columns, String type, ByteBuffer data)
      throws UnreadableDepthException {
    String kind = type.replaceFirst("^[<>|=]", "");
    IntToDoubleFunction at =
        switch (kind) {
          case "f2" -> i -> StoredDepth.half(data.getShort(2 * i));
          case "f4" -> i -> data.getFloat(4 * i);
          case "f8" -> i -> data.getDouble(8 * i);
          case "i2" -> i -> data.getShort(2 * i);
          case "u2" -> i -> Short.toUnsignedInt(data.getShort(2 * i));
          case "i4" -> i -> data.getInt(4 * i);
          case "u4" -> i -> Integer.toUnsignedLong(data.getInt(4 * i));
          case "i8", "u8" -> i -> data.getLong(8 * i);
          default ->
              throw new UnreadableDepthException(
                  "holds numbers of type '%s'; depth must be float16, 32 or 64, or whole numbers of 16, 32 or 64 bits"
                      .formatted(type));
        };
    long needed = (long) height * width * (kind.charAt(1) - '0');
    if (data.limit() < needed) {
      throw new UnreadableDepthException(
          "is cut off: %d of the %d bytes of its %dx%d pixels are there"
              .formatted(data.limit(), needed, width, height));
    }
    boolean whole = kind.charAt(0) != 'f';
    String name =
        (whole ? kind.charAt(0) == 'u' ? "uint" : "int" : "float") + 8 * (kind.charAt(1) - '0');
    IntToDoubleFunction values =
        columns ? i -> at.applyAsDouble(i % width * height + i / width) : at;
    return new StoredDepth(width, height, name, whole, Double.NaN, values);
  }
}
