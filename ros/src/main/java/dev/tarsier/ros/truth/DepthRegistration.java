package dev.tarsier.ros.truth;

/**
 * Moves depth from the camera that measured it into the camera of the images: each pixel is put
 * where the other camera sees it, as wide as it is there, and the nearest surface wins. Pixels that
 * nothing falls on are unknown. One owner thread.
 */
final class DepthRegistration {
  /** A pixel of depth is no wider in the image, unless a calibration is nonsense. */
  private static final int WIDEST = 64;

  private final Lens from;
  private final Lens to;
  private final double[] transform;
  private final float[] left;
  private final float[] top;

  /**
   * @param from of the depth images
   * @param image of the images
   * @param transform from the depth camera's frame to the image camera's, 3x4 row-major
   * @throws TruthException when the calibrations would make an image that no camera has
   */
  DepthRegistration(Lens from, Lens image, double[] transform) throws TruthException {
    this.from = from;
    this.transform = transform.clone();
    // no finer than depth was measured, so that pixels lie side by side
    double scale = Math.min(1, from.fx() / image.fx());
    this.to =
        image.resized(
            Math.max(1, (int) Math.round(scale * image.width())),
            Math.max(1, (int) Math.round(scale * image.height())));
    if ((long) to.width() * to.height() > Truth.MOST_PIXELS
        || (long) from.width() * from.height() > Truth.MOST_PIXELS) {
      throw new TruthException(
          "registered it would be %dx%d, which no camera has".formatted(to.width(), to.height()));
    }
    int corners = (from.width() + 1) * (from.height() + 1);
    left = new float[corners];
    top = new float[corners];
    for (int row = 0, i = 0; row <= from.height(); row++) {
      for (int column = 0; column <= from.width(); column++, i++) {
        double[] ray = from.ray(column - 0.5, row - 0.5);
        left[i] = (float) ray[0];
        top[i] = (float) ray[1];
      }
    }
  }

  int width() {
    return to.width();
  }

  int height() {
    return to.height();
  }

  /**
   * Registers an image.
   *
   * @param metres float32 of the depth camera's size, NaN unknown. Not modified.
   * @return float32 [height, width] in the image's camera, NaN unknown
   */
  float[] run(float[] metres) {
    float[] out = new float[to.width() * to.height()];
    java.util.Arrays.fill(out, Float.NaN);
    int stride = from.width() + 1;
    double[] m = transform;
    for (int row = 0; row < from.height(); row++) {
      for (int column = 0; column < from.width(); column++) {
        double z = metres[row * from.width() + column];
        if (!(z > 0)) {
          continue;
        }
        double uMin = Double.POSITIVE_INFINITY;
        double uMax = Double.NEGATIVE_INFINITY;
        double vMin = Double.POSITIVE_INFINITY;
        double vMax = Double.NEGATIVE_INFINITY;
        double depth = 0;
        for (int corner = 0; corner < 4; corner++) {
          int i = (row + corner / 2) * stride + column + corner % 2;
          double x = left[i] * z;
          double y = top[i] * z;
          double x2 = m[0] * x + m[1] * y + m[2] * z + m[3];
          double y2 = m[4] * x + m[5] * y + m[6] * z + m[7];
          double z2 = m[8] * x + m[9] * y + m[10] * z + m[11];
          depth += z2 / 4;
          double u = z2 > 0 ? to.column(x2 / z2, y2 / z2) : Double.NaN;
          double v = z2 > 0 ? to.row(x2 / z2, y2 / z2) : Double.NaN;
          // Math.min and max keep NaN, and a pixel with NaN is left out
          uMin = Math.min(uMin, u);
          uMax = Math.max(uMax, u);
          vMin = Math.min(vMin, v);
          vMax = Math.max(vMax, v);
        }
        if (uMax - uMin <= WIDEST && vMax - vMin <= WIDEST) {
          paint(out, uMin, uMax, vMin, vMax, (float) depth);
        }
      }
    }
    return out;
  }

  /** The pixels whose centres lie within. */
  private void paint(float[] out, double uMin, double uMax, double vMin, double vMax, float depth) {
    int first = (int) Math.max(0, Math.ceil(uMin));
    int last = (int) Math.min(to.width() - 1.0, Math.ceil(uMax) - 1);
    int upper = (int) Math.max(0, Math.ceil(vMin));
    int lower = (int) Math.min(to.height() - 1.0, Math.ceil(vMax) - 1);
    for (int y = upper; y <= lower; y++) {
      for (int x = first; x <= last; x++) {
        int i = y * to.width() + x;
        if (!(out[i] <= depth)) {
          out[i] = depth;
        }
      }
    }
  }
}
