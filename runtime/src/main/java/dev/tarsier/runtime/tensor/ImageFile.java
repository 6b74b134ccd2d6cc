package dev.tarsier.runtime.tensor;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.nio.ByteBuffer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/** Decodes JPEG and PNG files, after a look at the size that they declare. */
final class ImageFile {
  /** More pixels than any camera here has; a header that promises more is not believed. */
  static final long MAX_PIXELS = 1L << 26;

  private ImageFile() {}

  /**
   * Decodes a file.
   *
   * @param file direct, the whole file from 0 to the limit. Not modified.
   * @param jpegs looks at it first, when it is a JPEG
   * @return BGR, 8 bit, three channels, owned by the caller, who closes it
   * @throws RejectedFrameException when it is no JPEG or PNG, too large, truncated or corrupt
   */
  static Mat decode(ByteBuffer file, JpegCheck jpegs) throws RejectedFrameException {
    long pixels = declaredPixels(file);
    if (pixels > MAX_PIXELS) {
      throw new RejectedFrameException(
          DropReason.TOO_LARGE,
          "compressed image declares %d pixels, at most %d are taken"
              .formatted(pixels, MAX_PIXELS));
    }
    if (pixels == 0) {
      throw new RejectedFrameException(
          DropReason.EMPTY_IMAGE, "compressed image declares a size of 0");
    }
    if (isJpeg(file)) {
      jpegs.run(file);
    } else {
      PngCheck.run(file);
    }
    Mat image;
    try (Mat wrapped =
        WrappedBuffers.over(file, 1, file.limit(), opencv_core.CV_8UC1, file.limit())) {
      // The camera's orientation flag is ignored: camera_info describes the pixels as they are.
      image =
          opencv_imgcodecs.imdecode(
              wrapped,
              opencv_imgcodecs.IMREAD_COLOR_BGR | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION);
    } catch (RuntimeException e) {
      // JavaCPP has no narrower type for what OpenCV throws.
      throw corrupt(e.getMessage());
    }
    if (image.empty() || image.type() != opencv_core.CV_8UC3) {
      image.close();
      throw corrupt("the decoder gave no image");
    }
    return image;
  }

  private static RejectedFrameException corrupt(String why) {
    return new RejectedFrameException(
        DropReason.CORRUPT_IMAGE, "compressed image cannot be decoded: " + why);
  }

  /** Width times height as the header says. */
  static long declaredPixels(ByteBuffer file) throws RejectedFrameException {
    int length = file.limit();
    if (length == 0) {
      throw new RejectedFrameException(DropReason.EMPTY_IMAGE, "compressed image has no bytes");
    }
    if (isJpeg(file)) {
      return jpegPixels(file, length);
    }
    if (PngCheck.isPng(file)) {
      return pngPixels(file, length);
    }
    throw corrupt("it starts like neither a JPEG nor a PNG file");
  }

  private static boolean isJpeg(ByteBuffer file) {
    return file.limit() >= 2 && u8(file, 0) == 0xFF && u8(file, 1) == 0xD8;
  }

  private static long pngPixels(ByteBuffer file, int length) throws RejectedFrameException {
    if (length < 33 || u8(file, 12) != 'I' || u8(file, 13) != 'H') {
      throw corrupt("PNG of %d bytes has no header".formatted(length));
    }
    return u32(file, 16) * u32(file, 20);
  }

  private static long jpegPixels(ByteBuffer file, int length) throws RejectedFrameException {
    int at = 2;
    while (at + 9 < length) {
      if (u8(file, at) != 0xFF) {
        throw corrupt("JPEG has no marker at byte " + at);
      }
      int marker = u8(file, at + 1);
      boolean startOfFrame =
          marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
      if (startOfFrame) {
        return (long) u16(file, at + 5) * u16(file, at + 7);
      }
      if (marker == 0xFF) {
        at++; // a fill byte
      } else if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) {
        at += 2; // markers without a body
      } else {
        at += 2 + u16(file, at + 2);
      }
    }
    throw corrupt("JPEG of %d bytes ends before its frame header".formatted(length));
  }

  private static int u8(ByteBuffer file, int at) {
    return Byte.toUnsignedInt(file.get(at));
  }

  private static int u16(ByteBuffer file, int at) {
    return u8(file, at) << 8 | u8(file, at + 1);
  }

  private static long u32(ByteBuffer file, int at) {
    return (long) u16(file, at) << 16 | u16(file, at + 2);
  }
}
