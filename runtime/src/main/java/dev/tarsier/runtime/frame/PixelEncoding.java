package dev.tarsier.runtime.frame;

import java.util.Locale;
import java.util.Optional;

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
  /** A JPEG file. */
  JPEG("jpeg", 0),
  /** A PNG file. */
  PNG("png", 0);

  private static final PixelEncoding[] ALL = values();

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

  /**
   * The encoding of a {@code sensor_msgs/Image}. Besides the product's own names this takes the
   * newer names {@code uyvy} and {@code yuyv}, and {@code 8UC1} and {@code 8UC3}, which cv_bridge
   * reads as mono8 and bgr8.
   *
   * @param encoding the message's field. Not modified.
   * @return empty when the product cannot read it
   */
  public static Optional<PixelEncoding> ofRos(String encoding) {
    for (PixelEncoding candidate : ALL) {
      if (!candidate.isCompressed() && candidate.rosName.equals(encoding)) {
        return Optional.of(candidate);
      }
    }
    return switch (encoding) {
      case "uyvy" -> Optional.of(UYVY);
      case "yuyv" -> Optional.of(YUYV);
      case "8UC1" -> Optional.of(MONO8);
      case "8UC3" -> Optional.of(BGR8);
      default -> Optional.empty();
    };
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
