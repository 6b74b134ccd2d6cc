package dev.tarsier.ros.port;

import java.util.Arrays;
import java.util.Objects;

/**
 * Intrinsics and distortion of a camera at its full resolution. The arrays are not copied.
 *
 * @param height rows of the full resolution
 * @param width columns of the full resolution
 * @param distortionModel such as {@code plumb_bob}
 * @param d distortion coefficients, as many as the model has
 * @param k 3x3, row-major: {@code fx 0 cx, 0 fy cy, 0 0 1}; zeros when not calibrated
 * @param r 3x3, row-major: rectification
 * @param p 3x4, row-major: projection of the rectified image
 * @param binningX sensor columns to one pixel; 0 and 1 mean none
 * @param binningY sensor rows to one pixel; 0 and 1 mean none
 * @param roi the part of the sensor that the image shows
 */
public record CameraModel(
    int height,
    int width,
    String distortionModel,
    double[] d,
    double[] k,
    double[] r,
    double[] p,
    int binningX,
    int binningY,
    Roi roi) {
  /**
   * A window of the sensor, in pixels of the full resolution; all sizes are uint32.
   *
   * @param xOffset leftmost column
   * @param yOffset uppermost row
   * @param height rows; 0 with a width of 0 is the whole sensor
   * @param width columns
   */
  public record Roi(int xOffset, int yOffset, int height, int width) {
    /** The whole sensor. */
    public static final Roi ALL = new Roi(0, 0, 0, 0);
  }

  /** Checks the sizes. */
  public CameraModel {
    Objects.requireNonNull(distortionModel, "distortionModel");
    Objects.requireNonNull(d, "d");
    Objects.requireNonNull(roi, "roi");
    if (height < 0 || width < 0) {
      throw new IllegalArgumentException(
          "height and width must not be negative, got %d, %d".formatted(height, width));
    }
    if (k.length != 9 || r.length != 9 || p.length != 12) {
      throw new IllegalArgumentException(
          "k, r, p must have 9, 9, 12 values, got %d, %d, %d"
              .formatted(k.length, r.length, p.length));
    }
  }

  /**
   * An undistorted pinhole camera.
   *
   * @param fx focal length in pixels, horizontally
   * @param fy focal length in pixels, vertically
   * @param cx column of the principal point
   * @param cy row of the principal point
   */
  public static CameraModel pinhole(
      int width, int height, double fx, double fy, double cx, double cy) {
    return new CameraModel(
        height,
        width,
        "plumb_bob",
        new double[5],
        new double[] {fx, 0, cx, 0, fy, cy, 0, 0, 1},
        new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1},
        new double[] {fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0},
        0,
        0,
        Roi.ALL);
  }

  /** By the values of the arrays. */
  @Override
  @SuppressWarnings("ReferenceEquality") // the same object needs no second look
  public boolean equals(Object other) {
    return this == other
        || (other instanceof CameraModel that
            && height == that.height
            && width == that.width
            && distortionModel.equals(that.distortionModel)
            && Arrays.equals(d, that.d)
            && Arrays.equals(k, that.k)
            && Arrays.equals(r, that.r)
            && Arrays.equals(p, that.p)
            && binningX == that.binningX
            && binningY == that.binningY
            && roi.equals(that.roi));
  }

  @Override
  public int hashCode() {
    return Objects.hash(height, width, distortionModel, Arrays.hashCode(k), Arrays.hashCode(d));
  }

  @Override
  public String toString() {
    return "%dx%d, %s, d=%s, k=%s"
        .formatted(width, height, distortionModel, Arrays.toString(d), Arrays.toString(k));
  }
}
