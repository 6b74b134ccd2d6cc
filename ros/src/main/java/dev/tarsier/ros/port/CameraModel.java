package dev.tarsier.ros.port;

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
}
