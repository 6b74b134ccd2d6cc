package dev.tarsier.runtime.frame;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How the bytes of a frame are to be read. The closed set that the product takes in. */
public enum PixelEncoding {
  /** Three bytes a pixel: red, green, blue. */
  RGB8("rgb8", 3),
  /** Three bytes a pixel: blue, green, red. */
  BGR8("bgr8", 3),
  /** Four bytes a pixel; the alpha byte comes last and is dropped. */
  RGBA8("rgba8", 4),
  /** Four bytes a pixel: blue, green, red, alpha; alpha is dropped. */
  BGRA8("bgra8", 4),
  /** One byte of brightness a pixel, used for all three colours. */
  MONO8("mono8", 1),
  /** ROS's {@code yuv422}: U Y0 V Y1 for two pixels, ITU-R BT.601 in its limited range. */
  UYVY("yuv422", 2),
  /** ROS's {@code yuv422_yuy2}: Y0 U Y1 V for two pixels, ITU-R BT.601 in its limited range. */
  YUYV("yuv422_yuy2", 2),
  /** Colour mosaic whose first row starts red, green and whose second starts green, blue. */
  BAYER_RGGB8("bayer_rggb8", 1),
  /** Colour mosaic whose first row starts blue, green and whose second starts green, red. */
  BAYER_BGGR8("bayer_bggr8", 1),
  /** Colour mosaic whose first row starts green, blue and whose second starts red, green. */
  BAYER_GBRG8("bayer_gbrg8", 1),
  /** Colour mosaic whose first row starts green, red and whose second starts blue, green. */
  BAYER_GRBG8("bayer_grbg8", 1),
  /** Two bytes of brightness a pixel, little endian, full range; used for all three colours. */
  MONO16("mono16", 2),
  /** Two bytes a colour, little endian, full range: red, green, blue. */
  RGB16("rgb16", 6),
  /** Two bytes a colour, little endian, full range: blue, green, red. */
  BGR16("bgr16", 6),
  /** As {@link #RGB16}, with alpha, which is dropped. */
  RGBA16("rgba16", 8),
  /** As {@link #BGR16}, with alpha, which is dropped. */
  BGRA16("bgra16", 8),
  /** {@link #BAYER_RGGB8} of two bytes, little endian, full range. */
  BAYER_RGGB16("bayer_rggb16", 2),
  /** {@link #BAYER_BGGR8} of two bytes, little endian, full range. */
  BAYER_BGGR16("bayer_bggr16", 2),
  /** {@link #BAYER_GBRG8} of two bytes, little endian, full range. */
  BAYER_GBRG16("bayer_gbrg16", 2),
  /** {@link #BAYER_GRBG8} of two bytes, little endian, full range. */
  BAYER_GRBG16("bayer_grbg16", 2),
  /**
   * Rows of Y, then half as many rows of U V for each 2x2 pixels; the step is that of Y. ITU-R
   * BT.601 in its limited range.
   */
  NV12("nv12", 1),
  /** {@link #NV12} with V U. */
  NV21("nv21", 1),
  /** Rows of Y, then as many rows of U V for each pixel, twice as long; the step is that of Y. */
  NV24("nv24", 1),
  /** A JPEG file. */
  JPEG("jpeg", 0),
  /** A PNG file. */
  PNG("png", 0);

  private static final PixelEncoding[] ALL = values();

  /** Names that {@link #ofRos} takes besides, in lower case. */
  private static final Map<String, PixelEncoding> OTHER_NAMES =
      Map.of(
          "uyvy", UYVY,
          "yuyv", YUYV,
          "8uc1", MONO8,
          "8uc3", BGR8,
          "8uc4", BGRA8,
          "16uc3", BGR16,
          "16uc4", BGRA16);

  /** Made once: asked for each frame. */
  private static final Optional<PixelEncoding> A_JPEG = Optional.of(JPEG);

  private static final Optional<PixelEncoding> A_PNG = Optional.of(PNG);

  private final String rosName;
  private final int bytesPerPixel;

  PixelEncoding(String rosName, int bytesPerPixel) {
    this.rosName = rosName;
    this.bytesPerPixel = bytesPerPixel;
  }

  /** The name in {@code sensor_msgs/image_encodings.h}; for compressed files the short format. */
  public String rosName() {
    return rosName;
  }

  /** Bytes of one pixel; 0 for compressed files, whose size the file itself tells. */
  public int bytesPerPixel() {
    return bytesPerPixel;
  }

  /** Whether the bytes are a JPEG or PNG file. */
  public boolean isCompressed() {
    return bytesPerPixel == 0;
  }

  /** Whether a sample is two bytes wide. */
  public boolean isWide() {
    return switch (this) {
      case MONO16, RGB16, BGR16, RGBA16, BGRA16 -> true;
      default -> isMosaic() && bytesPerPixel == 2;
    };
  }

  /** Whether each pixel has one of the three colours, and its neighbours the others. */
  public boolean isMosaic() {
    return rosName.startsWith("bayer_");
  }

  /** Whether a row must have an even number of pixels: they share their colours. */
  public boolean isInPairs() {
    return switch (this) {
      case UYVY, YUYV, NV12, NV21, NV24 -> true;
      default -> false;
    };
  }

  /** Whether a column must have an even number of pixels. */
  public boolean isInSquares() {
    return this == NV12 || this == NV21 || this == NV24;
  }

  /**
   * How many rows of one step an image takes.
   *
   * @param height rows of pixels
   */
  public long storedRows(int height) {
    return switch (this) {
      case NV12, NV21 -> height + height / 2;
      case NV24 -> 3L * height;
      default -> height;
    };
  }

  /**
   * The encoding of a {@code sensor_msgs/Image}, in any case. Besides the product's own names this
   * takes the newer names {@code uyvy} and {@code yuyv}, and OpenCV's types, which cv_bridge reads
   * as brightness or in the order blue, green, red, alpha. {@code 16UC1} is depth, not an image.
   *
   * @param encoding the message's field. Not modified.
   * @return empty when the product cannot read it
   */
  public static Optional<PixelEncoding> ofRos(String encoding) {
    for (PixelEncoding candidate : ALL) {
      if (!candidate.isCompressed() && candidate.rosName.equalsIgnoreCase(encoding)) {
        return Optional.of(candidate);
      }
    }
    return Optional.ofNullable(OTHER_NAMES.get(encoding.toLowerCase(Locale.ROOT)));
  }

  /** All names that {@link #ofRos} takes, for messages. */
  public static String rosNames() {
    return Stream.concat(
            Arrays.stream(ALL).filter(each -> !each.isCompressed()).map(PixelEncoding::rosName),
            OTHER_NAMES.keySet().stream().map(name -> name.replace("uc", "UC")).sorted())
        .collect(Collectors.joining(", "));
  }

  /**
   * The encoding of a file by its first bytes, which tell better than any name.
   *
   * @param firstBytes its first four bytes, the first one highest
   * @return empty when it is neither JPEG nor PNG
   */
  public static Optional<PixelEncoding> ofFile(int firstBytes) {
    if (firstBytes >>> 16 == 0xFFD8) {
      return A_JPEG;
    }
    return firstBytes == 0x89504E47 ? A_PNG : Optional.empty();
  }

  /**
   * The encoding of a {@code sensor_msgs/CompressedImage} by its format field: {@code jpeg}, {@code
   * png}, or image_transport's {@code rgb8; jpeg compressed bgr8}.
   *
   * @param format the message's field. Not modified.
   * @return empty when the product cannot read it, such as {@code compressedDepth}
   */
  public static Optional<PixelEncoding> ofCompressedFormat(String format) {
    String lower = format.toLowerCase(Locale.ROOT);
    if (lower.contains("compresseddepth")) {
      return Optional.empty();
    }
    if (lower.contains("png")) {
      return Optional.of(PNG);
    }
    if (lower.contains("jpeg") || lower.contains("jpg")) {
      return Optional.of(JPEG);
    }
    return Optional.empty();
  }
}
