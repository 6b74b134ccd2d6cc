package dev.tarsier.runtime.tensor;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.nio.ByteBuffer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;

/**
 * Frame in any {@link PixelEncoding} to uint8 [1,H,W,3], RGB, stretched to the network's size.
 *
 * <p>Raw frames are read where they lie; scratch images are kept, so that a stream of equal frames
 * allocates nothing. Owned by one thread.
 */
public final class ImageToTensor implements AutoCloseable {
  /** No orientation of channels is needed after scaling. */
  private static final int AS_IT_IS = -1;

  private final int width;
  private final int height;
  private final WrappedBuffers wrapped = new WrappedBuffers();
  private final JpegCheck jpegs = new JpegCheck();
  private final Stretch stretch;
  private final Mat full;

  /** Of 16 bits in 8. */
  private final Mat narrow;

  private final Mat[] scaled = new Mat[5];
  private int imageWidth;
  private int imageHeight;

  /**
   * A conversion.
   *
   * @param height rows of the network's input
   * @param width columns of the network's input
   */
  public ImageToTensor(int height, int width) {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "size must be at least 1x1, got %dx%d".formatted(width, height));
    }
    OpenCv.load();
    this.height = height;
    this.width = width;
    this.stretch = new Stretch(width, height);
    this.full = new Mat();
    this.narrow = new Mat();
  }

  /**
   * Converts a frame.
   *
   * @param frame read in place. Not modified; needed only during the call.
   * @param tensor direct, uint8 [1,H,W,3], written from 0 to its limit. Modified.
   * @throws RejectedFrameException when the frame's bytes are not what it says they are
   */
  public void run(Frame frame, ByteBuffer tensor) throws RejectedFrameException {
    if (!tensor.isDirect() || tensor.limit() != 3 * width * height) {
      throw new IllegalArgumentException(
          "tensor must be a direct buffer of %d bytes, got %s"
              .formatted(3 * width * height, tensor));
    }
    try (WrappedBuffers.Lease out =
        wrapped.lease(tensor, height, width, opencv_core.CV_8UC3, 3L * width)) {
      if (frame.encoding().isCompressed()) {
        runFile(frame, out.mat());
      } else {
        runRaw(frame, out.mat());
      }
    }
  }

  private void runFile(Frame frame, Mat out) throws RejectedFrameException {
    try (Mat decoded = ImageFile.decode(frame.bytes(), jpegs)) {
      note(decoded.cols(), decoded.rows());
      scale(decoded, opencv_imgproc.COLOR_BGR2RGB, out);
    }
  }

  private void runRaw(Frame frame, Mat out) throws RejectedFrameException {
    check(frame);
    note(frame.width(), frame.height());
    PixelEncoding encoding = frame.encoding();
    if (encoding == PixelEncoding.NV24) {
      runNv24(frame, out);
      return;
    }
    int samples = encoding.bytesPerPixel() / (encoding.isWide() ? 2 : 1);
    try (WrappedBuffers.Lease pixels =
        wrapped.lease(
            frame.bytes(),
            (int) encoding.storedRows(frame.height()),
            frame.width(),
            encoding.isWide() ? opencv_core.CV_16UC(samples) : opencv_core.CV_8UC(samples),
            frame.stepBytes())) {
      Mat image = pixels.mat();
      if (encoding.isWide()) {
        image.convertTo(narrow, opencv_core.CV_8U, 255.0 / 65535, 0);
        image = narrow;
      }
      switch (encoding) {
        case RGB8, RGB16 -> scale(image, AS_IT_IS, out);
        case BGR8, BGR16 -> scale(image, opencv_imgproc.COLOR_BGR2RGB, out);
        case RGBA8, RGBA16 -> scale(image, opencv_imgproc.COLOR_RGBA2RGB, out);
        case BGRA8, BGRA16 -> scale(image, opencv_imgproc.COLOR_BGRA2RGB, out);
        case MONO8, MONO16 -> scale(image, opencv_imgproc.COLOR_GRAY2RGB, out);
        case UYVY -> convert(image, opencv_imgproc.COLOR_YUV2RGB_UYVY, out);
        case YUYV -> convert(image, opencv_imgproc.COLOR_YUV2RGB_YUY2, out);
        case NV12 -> convert(image, opencv_imgproc.COLOR_YUV2RGB_NV12, out);
        case NV21 -> convert(image, opencv_imgproc.COLOR_YUV2RGB_NV21, out);
        case BAYER_RGGB8, BAYER_RGGB16 -> convert(image, opencv_imgproc.COLOR_BayerRGGB2RGB, out);
        case BAYER_BGGR8, BAYER_BGGR16 -> convert(image, opencv_imgproc.COLOR_BayerBGGR2RGB, out);
        case BAYER_GBRG8, BAYER_GBRG16 -> convert(image, opencv_imgproc.COLOR_BayerGBRG2RGB, out);
        case BAYER_GRBG8, BAYER_GRBG16 -> convert(image, opencv_imgproc.COLOR_BayerGRBG2RGB, out);
        default -> throw new IllegalStateException("unhandled " + encoding);
      }
    }
  }

  /** OpenCV reads colours for each 2x2 pixels only, so they are averaged to that. */
  private void runNv24(Frame frame, Mat out) {
    ByteBuffer bytes = frame.bytes();
    int columns = frame.width();
    int rows = frame.height();
    int step = frame.stepBytes();
    try (WrappedBuffers.Lease brightness =
            wrapped.lease(bytes, rows, columns, opencv_core.CV_8UC1, step);
        WrappedBuffers.Lease planes =
            wrapped.lease(bytes, 3 * rows, step, opencv_core.CV_8UC1, step);
        Mat stored = planes.mat().rowRange(rows, 3 * rows);
        Mat joined = stored.reshape(1, rows);
        Mat cut = joined.colRange(0, 2 * columns);
        Mat pairs = cut.reshape(2);
        Size half = new Size(columns / 2, rows / 2)) {
      opencv_imgproc.resize(pairs, narrow, half, 0, 0, opencv_imgproc.INTER_AREA);
      boolean fits = columns == width && rows == height;
      Mat to = fits ? out : full;
      opencv_imgproc.cvtColorTwoPlane(
          brightness.mat(), narrow, to, opencv_imgproc.COLOR_YUV2RGB_NV12);
      if (!fits) {
        stretch.run(full, out);
      }
    }
  }

  /** Columns of the last converted image. */
  public int imageWidth() {
    return imageWidth;
  }

  /** Rows of the last converted image. */
  public int imageHeight() {
    return imageHeight;
  }

  private void note(int columns, int rows) {
    imageWidth = columns;
    imageHeight = rows;
  }

  /** Channels only change places, which commutes with scaling: scale first, it leaves less. */
  private void scale(Mat image, int colorCode, Mat out) {
    if (colorCode == AS_IT_IS) {
      stretch.run(image, out);
    } else if (image.cols() == width && image.rows() == height) {
      opencv_imgproc.cvtColor(image, out, colorCode);
    } else {
      Mat small = scaled(image.channels());
      stretch.run(image, small);
      opencv_imgproc.cvtColor(small, out, colorCode);
    }
  }

  /** Neighbouring pixels share their colours: they must be told apart before scaling. */
  private void convert(Mat image, int colorCode, Mat out) {
    if (imageWidth == width && imageHeight == height) {
      opencv_imgproc.cvtColor(image, out, colorCode);
    } else {
      opencv_imgproc.cvtColor(image, full, colorCode);
      stretch.run(full, out);
    }
  }

  private Mat scaled(int channels) {
    Mat mat = scaled[channels];
    if (mat == null) {
      mat = new Mat(height, width, opencv_core.CV_8UC(channels));
      scaled[channels] = mat;
    }
    return mat;
  }

  /**
   * Looks whether a frame is what its description says, without reading its pixels. Of a compressed
   * one only decoding tells.
   *
   * @param frame Not modified.
   * @throws RejectedFrameException when it cannot be converted
   */
  public static void check(Frame frame) throws RejectedFrameException {
    PixelEncoding encoding = frame.encoding();
    if (encoding.isCompressed()) {
      return;
    }
    int columns = frame.width();
    int rows = frame.height();
    int length = frame.bytes().remaining();
    if (columns <= 0 || rows <= 0 || length == 0) {
      throw new RejectedFrameException(
          DropReason.EMPTY_IMAGE,
          "image of %dx%d pixels with %d bytes has nothing in it".formatted(columns, rows, length));
    }
    if ((long) columns * rows > ImageFile.MAX_PIXELS) {
      throw new RejectedFrameException(
          DropReason.TOO_LARGE,
          "image of %dx%d pixels is too large, at most %d pixels are taken"
              .formatted(columns, rows, ImageFile.MAX_PIXELS));
    }
    long row = (long) columns * encoding.bytesPerPixel();
    long step = frame.stepBytes();
    if (step < row) {
      throw new RejectedFrameException(
          DropReason.BAD_STEP,
          "step of %d bytes is too small: a row of %d %s pixels takes %d"
              .formatted(step, columns, encoding.rosName(), row));
    }
    if (encoding.isWide() && step % 2 != 0) {
      throw new RejectedFrameException(
          DropReason.BAD_STEP,
          "step of %d bytes must be even: %s has two bytes a sample"
              .formatted(step, encoding.rosName()));
    }
    long needed = step * (encoding.storedRows(rows) - 1) + row;
    if (needed > length) {
      throw new RejectedFrameException(
          DropReason.TOO_LITTLE_DATA,
          "%dx%d %s pixels with a step of %d take %d bytes, the image has %d"
              .formatted(columns, rows, encoding.rosName(), step, needed, length));
    }
    if (encoding.isInPairs() && columns % 2 != 0) {
      throw new RejectedFrameException(
          DropReason.BAD_SIZE,
          "%s needs an even width, got %d".formatted(encoding.rosName(), columns));
    }
    if (encoding.isInSquares() && rows % 2 != 0) {
      throw new RejectedFrameException(
          DropReason.BAD_SIZE,
          "%s needs an even height, got %d".formatted(encoding.rosName(), rows));
    }
    if (encoding.isMosaic() && (columns < 4 || rows < 4)) {
      throw new RejectedFrameException(
          DropReason.BAD_SIZE,
          "%s needs at least 4x4 pixels, got %dx%d".formatted(encoding.rosName(), columns, rows));
    }
  }

  @Override
  public void close() {
    wrapped.close();
    stretch.close();
    full.close();
    narrow.close();
    for (Mat mat : scaled) {
      if (mat != null) {
        mat.close();
      }
    }
  }
}
