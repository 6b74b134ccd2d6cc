package dev.tarsier.runtime.tensor;

import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;

/** The one scaling rule of the product, for training and on the robot. Owned by one thread. */
final class Stretch implements AutoCloseable {
  private final Size size;

  /**
   * Scaling to a size.
   *
   * @param width columns of what comes out
   * @param height rows of what comes out
   */
  Stretch(int width, int height) {
    this.size = new Size(width, height);
  }

  /**
   * Scales both axes to fill {@code to}: by averaging areas when neither axis grows (so that
   * nothing aliases), otherwise bilinearly.
   *
   * @param from any size and 8-bit type. Not modified.
   * @param to of the size to scale to and of the type of {@code from}. Modified.
   */
  void run(Mat from, Mat to) {
    if (from.cols() == to.cols() && from.rows() == to.rows()) {
      from.copyTo(to);
      return;
    }
    boolean shrinks = to.cols() <= from.cols() && to.rows() <= from.rows();
    opencv_imgproc.resize(
        from, to, size, 0, 0, shrinks ? opencv_imgproc.INTER_AREA : opencv_imgproc.INTER_LINEAR);
  }

  @Override
  public void close() {
    size.close();
  }
}
