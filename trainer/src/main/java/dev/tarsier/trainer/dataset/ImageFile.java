package dev.tarsier.trainer.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.opencv_java;
import org.opencv.core.CvException;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.core.MatOfByte;
import org.opencv.imgcodecs.Imgcodecs;
import org.opencv.imgproc.Imgproc;

/** Decodes image files with OpenCV, the decoder that the runtime uses too. */
final class ImageFile {
  static {
    Loader.load(opencv_java.class);
  }

  /**
   * Decoded pixels.
   *
   * @param channels 3 = RGB, 1 = as stored
   * @param pixels uint8 [height, width, channels]
   */
  record Pixels(int width, int height, int channels, byte[] pixels) {}

  private ImageFile() {}

  static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new DataException("%s is missing".formatted(file), e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  static Pixels rgb(Path file, byte[] encoded) {
    Pixels pixels = decode(file, encoded, Imgcodecs.IMREAD_COLOR | IGNORE_ORIENTATION, true);
    if (pixels.channels() != 3) {
      throw new DataException("%s has %d channels, not 3".formatted(file, pixels.channels()));
    }
    return pixels;
  }

  static Pixels single(Path file, byte[] encoded) {
    Pixels pixels = decode(file, encoded, Imgcodecs.IMREAD_UNCHANGED, false);
    if (pixels.channels() != 1) {
      throw new DataException(
          "%s must have one 8-bit channel, got %d".formatted(file, pixels.channels()));
    }
    return pixels;
  }

  /** A photo's orientation tag would turn it away from its depth and labels. */
  private static final int IGNORE_ORIENTATION = Imgcodecs.IMREAD_IGNORE_ORIENTATION;

  private static Pixels decode(Path file, byte[] encoded, int flags, boolean toRgb) {
    MatOfByte source = new MatOfByte(encoded);
    Mat image = null;
    try {
      image = Imgcodecs.imdecode(source, flags);
      if (image.empty()) {
        throw new DataException(
            "%s is no readable image (%d bytes)".formatted(file, encoded.length));
      }
      if (image.depth() != CvType.CV_8U) {
        throw new DataException(
            "%s must have 8 bits a channel, got %s"
                .formatted(file, CvType.typeToString(image.type())));
      }
      if (toRgb) {
        Imgproc.cvtColor(image, image, Imgproc.COLOR_BGR2RGB);
      }
      byte[] pixels = new byte[(int) (image.total() * image.channels())];
      image.get(0, 0, pixels);
      return new Pixels(image.cols(), image.rows(), image.channels(), pixels);
    } catch (CvException e) {
      throw new DataException("%s is no readable image: %s".formatted(file, e.getMessage()), e);
    } finally {
      source.release();
      if (image != null) {
        image.release();
      }
    }
  }
}
