package dev.tarsier.ros.truth;

import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.CameraModel;
import java.util.Arrays;

/**
 * How a camera maps rays to pixels: focal length, principal point, and the distortion of {@code
 * plumb_bob} or {@code rational_polynomial} (OpenCV's model). Pixel centres are whole numbers.
 *
 * @param width pixels of the image
 * @param height pixels of the image
 * @param fx focal length, pixels
 * @param fy focal length, pixels
 * @param cx column of the principal point
 * @param cy row of the principal point
 * @param d k1, k2, p1, p2, k3, k4, k5, k6
 * @param largest squared distance from the axis, of a ray that the image shows; the polynomial says
 *     nothing of rays beyond
 */
record Lens(
    int width, int height, double fx, double fy, double cx, double cy, double[] d, double largest) {
  private static final int ROUNDS = 20;

  /**
   * The lens of an image.
   *
   * @param info of the camera. Not modified.
   * @param width of its images
   * @param height of its images
   * @param rectified whether the images are rectified, so that P holds and nothing is distorted
   * @throws TruthException when the calibration cannot be that of these images
   */
  static Lens of(CameraModel info, int width, int height, boolean rectified) throws TruthException {
    Calibration calibration = Calibration.of(info, width, height);
    if (!calibration.usable()) {
      throw new TruthException(calibration.remark());
    }
    CameraModel scaled = calibration.scaledTo(width, height);
    // K stands in both places where P cannot be, and the reverse
    boolean hasK = scaled.k()[0] != scaled.p()[0] || info.k()[0] == info.p()[0];
    boolean byP = rectified || !hasK;
    double[] m = byP ? scaled.p() : scaled.k();
    int columns = byP ? 4 : 3;
    double[] d = byP ? new double[8] : distortion(info);
    Lens open =
        new Lens(
            width, height, m[0], m[columns + 1], m[2], m[columns + 2], d, Double.POSITIVE_INFINITY);
    double largest = 0;
    for (double u : new double[] {-0.5, width - 0.5}) {
      for (double v : new double[] {-0.5, height - 0.5}) {
        double[] ray = open.ray(u, v);
        largest = Math.max(largest, ray[0] * ray[0] + ray[1] * ray[1]);
      }
    }
    return new Lens(width, height, open.fx, open.fy, open.cx, open.cy, d, 1.1 * largest);
  }

  private static double[] distortion(CameraModel info) throws TruthException {
    double[] d = Arrays.copyOf(info.d(), 8);
    boolean none = Arrays.stream(info.d()).allMatch(each -> each == 0);
    boolean known =
        info.distortionModel().equals("plumb_bob")
            || info.distortionModel().equals("rational_polynomial");
    if (none) {
      return new double[8];
    }
    if (!known || info.d().length > 8 || !Arrays.stream(d).allMatch(Double::isFinite)) {
      throw new TruthException(
          "its distortion (%s, %d coefficients) is not read"
              .formatted(info.distortionModel(), info.d().length));
    }
    return d;
  }

  /** The same camera with another number of pixels. */
  Lens resized(int newWidth, int newHeight) {
    double sx = (double) newWidth / width;
    double sy = (double) newHeight / height;
    return new Lens(
        newWidth,
        newHeight,
        fx * sx,
        fy * sy,
        (cx + 0.5) * sx - 0.5,
        (cy + 0.5) * sy - 0.5,
        d,
        largest);
  }

  /** Whether another lens shows the same picture, to a hundredth or so of its size. */
  boolean shows(Lens other) {
    Lens same = other.resized(width, height);
    return Math.abs(same.fx / fx - 1) < 0.03
        && Math.abs(same.fy / fy - 1) < 0.03
        && Math.abs(same.cx - cx) < 0.02 * width
        && Math.abs(same.cy - cy) < 0.02 * height;
  }

  /** The ray of a pixel: x and y at a distance of 1. */
  double[] ray(double u, double v) {
    double x0 = (u - cx) / fx;
    double y0 = (v - cy) / fy;
    double x = x0;
    double y = y0;
    boolean distorts = d[0] != 0 || d[1] != 0 || d[2] != 0 || d[3] != 0 || d[4] != 0;
    for (int i = 0; distorts && i < ROUNDS; i++) {
      double r2 = x * x + y * y;
      double radial = radial(r2);
      x = (x0 - 2 * d[2] * x * y - d[3] * (r2 + 2 * x * x)) / radial;
      y = (y0 - d[2] * (r2 + 2 * y * y) - 2 * d[3] * x * y) / radial;
    }
    return new double[] {x, y};
  }

  private double radial(double r2) {
    return (1 + r2 * (d[0] + r2 * (d[1] + r2 * d[4])))
        / (1 + r2 * (d[5] + r2 * (d[6] + r2 * d[7])));
  }

  /** Column of a ray's pixel; NaN beyond what the image shows. */
  double column(double x, double y) {
    double r2 = x * x + y * y;
    return r2 > largest
        ? Double.NaN
        : fx * (x * radial(r2) + 2 * d[2] * x * y + d[3] * (r2 + 2 * x * x)) + cx;
  }

  /** Row of a ray's pixel; NaN beyond what the image shows. */
  double row(double x, double y) {
    double r2 = x * x + y * y;
    return r2 > largest
        ? Double.NaN
        : fy * (y * radial(r2) + d[2] * (r2 + 2 * y * y) + 2 * d[3] * x * y) + cy;
  }
}
