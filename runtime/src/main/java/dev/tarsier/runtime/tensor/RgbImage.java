package dev.tarsier.runtime.tensor;

import dev.tarsier.runtime.frame.RejectedFrameException;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * An image on the heap, prepared with the same functions as a frame on the robot. For the trainer,
 * golden frames and tests; the data path uses {@link ImageToTensor}.
 *
 * @param width pixels
 * @param height pixels
 * @param pixels uint8 [height, width, 3], RGB; owned by the image, not copied
 */
public record RgbImage(int width, int height, byte[] pixels) {
  /**
   * Runs are looked for and nothing else: as small as with zlib's usual search, in a fifth of its
   * time.
   */
  private static final int[] PNG_SETTINGS = {
    opencv_imgcodecs.IMWRITE_PNG_COMPRESSION,
    6,
    opencv_imgcodecs.IMWRITE_PNG_STRATEGY,
    opencv_imgcodecs.IMWRITE_PNG_STRATEGY_RLE
  };

  /** Checks the size. */
  public RgbImage {
    if (width < 1 || height < 1 || pixels.length != 3 * width * height) {
      throw new IllegalArgumentException(
          "pixels must have %d bytes for %dx%d, got %d"
              .formatted(3 * width * height, width, height, pixels.length));
    }
  }

  /**
   * Decodes a JPEG or PNG file as the robot decodes a compressed frame.
   *
   * @param file the whole file. Not modified.
   * @throws RejectedFrameException when it is no such file, too large, truncated or corrupt
   */
  public static RgbImage decode(byte[] file) throws RejectedFrameException {
    OpenCv.load();
    ByteBuffer direct = ByteBuffer.allocateDirect(file.length).put(file).flip();
    try (Mat image = ImageFile.decode(direct, new JpegCheck())) {
      opencv_imgproc.cvtColor(image, image, opencv_imgproc.COLOR_BGR2RGB);
      byte[] pixels = new byte[3 * image.cols() * image.rows()];
      image.data().get(pixels);
      return new RgbImage(image.cols(), image.rows(), pixels);
    }
  }

  /**
   * Scales both axes to fill a size, as the robot scales a frame to the network's input.
   *
   * @return uint8 [toHeight, toWidth, 3]; this image when the size is the same
   */
  public RgbImage stretch(int toWidth, int toHeight) {
    if (toWidth == width && toHeight == height) {
      return this;
    }
    OpenCv.load();
    try (Mat from = new Mat(height, width, opencv_core.CV_8UC3);
        Mat to = new Mat(toHeight, toWidth, opencv_core.CV_8UC3);
        Stretch stretch = new Stretch(toWidth, toHeight)) {
      from.data().put(pixels);
      stretch.run(from, to);
      byte[] scaled = new byte[3 * toWidth * toHeight];
      to.data().get(scaled);
      return new RgbImage(toWidth, toHeight, scaled);
    }
  }

  /** As a PNG file: nothing is lost. */
  public byte[] png() {
    return encoded(".png", PNG_SETTINGS);
  }

  /**
   * As a JPEG file.
   *
   * @param quality 0, smallest, to 100
   */
  public byte[] jpeg(int quality) {
    return encoded(".jpg", opencv_imgcodecs.IMWRITE_JPEG_QUALITY, quality);
  }

  private byte[] encoded(String format, int... settings) {
    OpenCv.load();
    try (Mat image = new Mat(height, width, opencv_core.CV_8UC3);
        IntPointer keysAndValues = new IntPointer(settings);
        BytePointer file = new BytePointer()) {
      image.data().put(pixels);
      opencv_imgproc.cvtColor(image, image, opencv_imgproc.COLOR_RGB2BGR);
      if (!opencv_imgcodecs.imencode(format, image, file, keysAndValues)) {
        throw new IllegalStateException("OpenCV has no encoder for " + format);
      }
      byte[] bytes = new byte[Math.toIntExact(file.limit())];
      file.get(bytes);
      return bytes;
    }
  }
}
