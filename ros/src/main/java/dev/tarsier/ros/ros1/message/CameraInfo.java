package dev.tarsier.ros.ros1.message;

import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.port.MessageFormatException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * {@code sensor_msgs/CameraInfo}: intrinsics and distortion of a camera. The arrays are not copied.
 *
 * @param header stamp and optical frame of the image it goes with
 * @param height rows of the full resolution
 * @param width columns of the full resolution
 * @param distortionModel such as {@code plumb_bob}
 * @param d distortion coefficients, as many as the model has
 * @param k 3x3, row-major: {@code fx 0 cx, 0 fy cy, 0 0 1}; zeros when not calibrated
 * @param r 3x3, row-major: rectification
 * @param p 3x4, row-major: projection of the rectified image
 * @param binningX sensor columns to one pixel; 0 and 1 mean none
 * @param binningY sensor rows to one pixel; 0 and 1 mean none
 * @param roi window of the sensor that the image shows
 */
public record CameraInfo(
    Header header,
    int height,
    int width,
    String distortionModel,
    double[] d,
    double[] k,
    double[] r,
    double[] p,
    int binningX,
    int binningY,
    RegionOfInterest roi)
    implements RosMessage {
  /** Distortion coefficients; plumb_bob has 5, models of splines some thousand. */
  static final int MAX_COEFFICIENTS = 8192;

  /** Name, MD5 and definition. */
  public static final MessageType<CameraInfo> TYPE =
      MessageType.of(
          "sensor_msgs/CameraInfo",
          Definitions.full(
              """
              # Calibration of the camera whose images are published beside it
              Header header             # as of the image; optical frame: x right, y down, z forward
              uint32 height             # full resolution in pixels
              uint32 width
              string distortion_model   # such as plumb_bob
              float64[] D               # its coefficients; plumb_bob: k1, k2, t1, t2, k3
              float64[9] K              # of the raw image, row-major: fx 0 cx, 0 fy cy, 0 0 1
              float64[9] R              # rectification, row-major
              float64[12] P             # 3x4 projection of the rectified image, row-major
              uint32 binning_x          # 0 and 1 mean none
              uint32 binning_y
              RegionOfInterest roi      # window of the sensor, in pixels of the full resolution
              """,
              "std_msgs/Header",
              Definitions.HEADER,
              "sensor_msgs/RegionOfInterest",
              Definitions.REGION_OF_INTEREST),
          CameraInfo::readFrom);

  /** Checks the sizes. */
  public CameraInfo {
    Objects.requireNonNull(header, "header");
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
  public static CameraInfo pinhole(
      Header header, int width, int height, double fx, double fy, double cx, double cy) {
    return new CameraInfo(
        header,
        height,
        width,
        "plumb_bob",
        new double[5],
        new double[] {fx, 0, cx, 0, fy, cy, 0, 0, 1},
        new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1},
        new double[] {fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0},
        0,
        0,
        RegionOfInterest.ALL);
  }

  /** What it says of the camera; the arrays are shared. */
  public CameraModel model() {
    return new CameraModel(
        height,
        width,
        distortionModel,
        d,
        k,
        r,
        p,
        binningX,
        binningY,
        new CameraModel.Roi(roi.xOffset(), roi.yOffset(), roi.height(), roi.width()));
  }

  /** Focal length in pixels of the full resolution, horizontally; 0 when not calibrated. */
  public double fx() {
    return k[0];
  }

  /** Focal length in pixels of the full resolution, vertically. */
  public double fy() {
    return k[4];
  }

  /** Column of the principal point. */
  public double cx() {
    return k[2];
  }

  /** Row of the principal point. */
  public double cy() {
    return k[5];
  }

  private static CameraInfo readFrom(ByteBuffer in) {
    return new CameraInfo(
        Header.readFrom(in),
        Wire.readCount(in, "height"),
        Wire.readCount(in, "width"),
        Wire.readName(in, "distortion_model"),
        Wire.readDoubles(in, coefficients(in)),
        Wire.readDoubles(in, 9),
        Wire.readDoubles(in, 9),
        Wire.readDoubles(in, 12),
        in.getInt(),
        in.getInt(),
        RegionOfInterest.readFrom(in));
  }

  private static int coefficients(ByteBuffer in) {
    int length = Wire.readLength(in, Double.BYTES, "D");
    if (length > MAX_COEFFICIENTS) {
      throw new MessageFormatException(
          "D must have up to %d coefficients, got %d".formatted(MAX_COEFFICIENTS, length));
    }
    return length;
  }

  @Override
  public MessageType<CameraInfo> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    return header.serializedLength()
        + 8
        + Wire.lengthOf(distortionModel)
        + Integer.BYTES
        + Double.BYTES * (d.length + 30)
        + 8
        + roi.serializedLength();
  }

  @Override
  public void writeTo(ByteBuffer out) {
    header.writeTo(out);
    out.putInt(height).putInt(width);
    Wire.writeString(out, distortionModel);
    out.putInt(d.length);
    Wire.writeDoubles(out, d);
    Wire.writeDoubles(out, k);
    Wire.writeDoubles(out, r);
    Wire.writeDoubles(out, p);
    out.putInt(binningX).putInt(binningY);
    roi.writeTo(out);
  }

  /** By the values of the arrays. */
  @Override
  public boolean equals(Object other) {
    return other instanceof CameraInfo that
        && header.equals(that.header)
        && height == that.height
        && width == that.width
        && distortionModel.equals(that.distortionModel)
        && Arrays.equals(d, that.d)
        && Arrays.equals(k, that.k)
        && Arrays.equals(r, that.r)
        && Arrays.equals(p, that.p)
        && binningX == that.binningX
        && binningY == that.binningY
        && roi.equals(that.roi);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        header,
        height,
        width,
        distortionModel,
        Arrays.hashCode(d),
        Arrays.hashCode(k),
        Arrays.hashCode(r),
        Arrays.hashCode(p),
        binningX,
        binningY,
        roi);
  }

  @Override
  public String toString() {
    return "CameraInfo[%s, %dx%d, %s, d=%s, k=%s]"
        .formatted(header, width, height, distortionModel, Arrays.toString(d), Arrays.toString(k));
  }
}
