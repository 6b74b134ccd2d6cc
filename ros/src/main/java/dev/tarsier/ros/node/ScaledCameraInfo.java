package dev.tarsier.ros.node;

import dev.tarsier.ros.message.CameraInfo;
import dev.tarsier.ros.message.Header;
import dev.tarsier.ros.message.RegionOfInterest;

/**
 * Calibration for an image that was scaled to another size.
 *
 * <p>A camera_info describes the sensor at full resolution; the image may be a window of it ({@code
 * roi}) that was binned. Window and binning are worked into the scaled one, which has none. Pixels
 * are counted as image_geometry does: u' = (u − roi.x) / binning · scale. Distortion is a property
 * of rays and stays as it is.
 */
public final class ScaledCameraInfo {
  private ScaledCameraInfo() {}

  /**
   * Scales.
   *
   * @param from the camera's. Not modified.
   * @param header of the output
   * @param imageWidth pixels of the camera's image
   * @param imageHeight pixels of the camera's image
   * @param width pixels of the output
   * @param height pixels of the output
   */
  public static CameraInfo of(
      CameraInfo from, Header header, int imageWidth, int imageHeight, int width, int height) {
    double binX = Math.max(1, from.binningX());
    double binY = Math.max(1, from.binningY());
    double scaleX = (double) width / imageWidth / binX;
    double scaleY = (double) height / imageHeight / binY;
    double left = Integer.toUnsignedLong(from.roi().xOffset());
    double top = Integer.toUnsignedLong(from.roi().yOffset());
    return new CameraInfo(
        header,
        height,
        width,
        from.distortionModel(),
        from.d(),
        scaled(from.k(), 3, scaleX, scaleY, left, top),
        from.r(),
        scaled(from.p(), 4, scaleX, scaleY, left, top),
        0,
        0,
        RegionOfInterest.ALL);
  }

  /** Rows 0 and 1 of a row-major matrix; its third column is the principal point. */
  private static double[] scaled(
      double[] matrix, int columns, double scaleX, double scaleY, double left, double top) {
    double[] out = matrix.clone();
    if (matrix[0] == 0) {
      return out; // not calibrated: zeros, and they stay zeros
    }
    out[2] -= left;
    out[columns + 2] -= top;
    for (int i = 0; i < columns; i++) {
      out[i] *= scaleX;
      out[columns + i] *= scaleY;
    }
    return out;
  }
}
