package dev.tarsier.ros.ros1.message;

import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.port.MessageFormatException;
import java.nio.ByteBuffer;

/**
 * {@code sensor_msgs/CameraInfo}: intrinsics and distortion of a camera.
 *
 * @param header stamp and optical frame of the image it goes with
 * @param model what it says of the camera
 * @param doRectify whether the window of the sensor is to be rectified
 */
public record CameraInfo(Header header, CameraModel model, boolean doRectify)
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

  /** Of an undistorted pinhole camera; see {@link CameraModel#pinhole}. */
  public static CameraInfo pinhole(
      Header header, int width, int height, double fx, double fy, double cx, double cy) {
    return new CameraInfo(header, CameraModel.pinhole(width, height, fx, fy, cx, cy), false);
  }

  private static CameraInfo readFrom(ByteBuffer in) {
    Header header = Header.readFrom(in);
    CameraModel model =
        new CameraModel(
            Wire.readCount(in, "height"),
            Wire.readCount(in, "width"),
            Wire.readName(in, "distortion_model"),
            Wire.readDoubles(in, coefficients(in)),
            Wire.readDoubles(in, 9),
            Wire.readDoubles(in, 9),
            Wire.readDoubles(in, 12),
            in.getInt(),
            in.getInt(),
            new CameraModel.Roi(in.getInt(), in.getInt(), in.getInt(), in.getInt()));
    return new CameraInfo(header, model, in.get() != 0);
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
        + Wire.lengthOf(model.distortionModel())
        + Double.BYTES * (model.d().length + 30)
        + 37;
  }

  @Override
  public void writeTo(ByteBuffer out) {
    header.writeTo(out);
    out.putInt(model.height()).putInt(model.width());
    Wire.writeString(out, model.distortionModel());
    out.putInt(model.d().length);
    Wire.writeDoubles(out, model.d());
    Wire.writeDoubles(out, model.k());
    Wire.writeDoubles(out, model.r());
    Wire.writeDoubles(out, model.p());
    out.putInt(model.binningX()).putInt(model.binningY());
    CameraModel.Roi roi = model.roi();
    out.putInt(roi.xOffset()).putInt(roi.yOffset()).putInt(roi.height()).putInt(roi.width());
    out.put((byte) (doRectify ? 1 : 0));
  }
}
