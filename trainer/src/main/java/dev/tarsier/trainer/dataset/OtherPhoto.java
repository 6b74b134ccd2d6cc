package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.OpenCv;
import dev.tarsier.runtime.tensor.RgbImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Photos in WebP (RFC 9649) and TIFF, which no robot sends, after a look at the size that they
 * declare. Stateless.
 */
final class OtherPhoto {
  private static final long MOST_PIXELS = 1L << 26;
  private static final int LEAST_BYTES = 30;

  private OtherPhoto() {}

  /** Whether bytes begin as those of one of the two do. */
  static boolean is(byte[] file) {
    return isWebP(file) || StoredImage.isTiff(file);
  }

  private static boolean isWebP(byte[] file) {
    return file.length >= LEAST_BYTES
        && text(file, 0).equals("RIFF")
        && text(file, 8).equals("WEBP");
  }

  private static String text(byte[] file, int at) {
    return new String(file, at, 4, StandardCharsets.ISO_8859_1);
  }

  /**
   * Decodes it as stored.
   *
   * @param file which {@link #is} one. Not modified.
   * @throws RejectedFrameException if it is cut off, damaged or too large
   */
  static RgbImage decode(byte[] file) throws RejectedFrameException {
    long pixels = isWebP(file) ? pixels(file) : tiffPixels(file);
    if (pixels > MOST_PIXELS) {
      throw new RejectedFrameException(
          DropReason.TOO_LARGE, "it declares %d pixels, too many".formatted(pixels));
    }
    OpenCv.load();
    try (BytePointer copy = new BytePointer(file);
        Mat encoded = new Mat(1, file.length, opencv_core.CV_8UC1, copy);
        Mat image =
            opencv_imgcodecs.imdecode(
                encoded,
                opencv_imgcodecs.IMREAD_COLOR_BGR | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION)) {
      if (image.empty() || image.type() != opencv_core.CV_8UC3) {
        throw damaged("the decoder gave no image");
      }
      opencv_imgproc.cvtColor(image, image, opencv_imgproc.COLOR_BGR2RGB);
      byte[] rgb = new byte[3 * image.cols() * image.rows()];
      image.data().get(rgb);
      return new RgbImage(image.cols(), image.rows(), rgb);
    } catch (RejectedFrameException e) {
      throw e;
    } catch (RuntimeException e) {
      // JavaCPP has no narrower type for what OpenCV throws.
      throw damaged(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
  }

  private static long tiffPixels(byte[] file) throws RejectedFrameException {
    try {
      return StoredImage.pixels("it", file);
    } catch (DataException e) {
      throw new RejectedFrameException(DropReason.CORRUPT_IMAGE, e.getMessage());
    }
  }

  private static long pixels(byte[] file) throws RejectedFrameException {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    long promised = Integer.toUnsignedLong(bytes.getInt(4)) + 8;
    if (promised > file.length) {
      throw damaged("it is truncated: %d of %d bytes".formatted(file.length, promised));
    }
    return switch (text(file, 12)) {
      case "VP8X" -> (long) (1 + u24(file, 24)) * (1 + u24(file, 27));
      case "VP8L" -> {
        int sizes = bytes.getInt(21);
        yield (1L + (sizes & 0x3fff)) * (1L + (sizes >> 14 & 0x3fff));
      }
      case "VP8 " -> (bytes.getShort(26) & 0x3fffL) * (bytes.getShort(28) & 0x3fff);
      default -> throw damaged("it begins with a chunk '%s'".formatted(text(file, 12)));
    };
  }

  private static int u24(byte[] file, int at) {
    return (file[at] & 255) | ((file[at + 1] & 255) << 8) | ((file[at + 2] & 255) << 16);
  }

  private static RejectedFrameException damaged(String why) {
    return new RejectedFrameException(DropReason.CORRUPT_IMAGE, "it is damaged: " + why);
  }
}
