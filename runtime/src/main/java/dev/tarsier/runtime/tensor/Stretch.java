package dev.tarsier.runtime.tensor;

import org.opencv.core.Mat;
import org.opencv.core.Size;
import org.opencv.imgproc.Imgproc;

/** The one scaling rule of the product, for training and on the robot. */
final class Stretch {
  private Stretch() {}

  /**
   * Scales both axes to fill {@code to}: by averaging areas when neither axis grows (so that
   * nothing aliases), otherwise bilinearly.
   *
   * @param from any size and 8-bit type. Not modified.
   * @param to its size and type are kept. Modified.
   */
  static void run(Mat from, Mat to) {
    if (from.cols() == to.cols() && from.rows() == to.rows()) {
      from.copyTo(to);
      return;
    }
    boolean shrinks = to.cols() <= from.cols() && to.rows() <= from.rows();
    Imgproc.resize(
        from,
        to,
        new Size(to.cols(), to.rows()),
        0,
        0,
        shrinks ? Imgproc.INTER_AREA : Imgproc.INTER_LINEAR);
  }
}
