package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;

/**
 * {@code sensor_msgs/RegionOfInterest}, in pixels of the full resolution.
 *
 * @param xOffset leftmost column; uint32, as all sizes here
 * @param yOffset uppermost row
 * @param height rows; 0 with a width of 0 is the whole image
 * @param width columns
 * @param doRectify whether a rectified window is to be computed
 */
public record RegionOfInterest(int xOffset, int yOffset, int height, int width, boolean doRectify)
    implements RosMessage {
  /** Name, MD5 and definition. */
  public static final MessageType<RegionOfInterest> TYPE =
      MessageType.of(
          "sensor_msgs/RegionOfInterest",
          Definitions.REGION_OF_INTEREST,
          RegionOfInterest::readFrom);

  /** The whole image. */
  public static final RegionOfInterest ALL = new RegionOfInterest(0, 0, 0, 0, false);

  static RegionOfInterest readFrom(ByteBuffer in) {
    return new RegionOfInterest(in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.get() != 0);
  }

  @Override
  public MessageType<RegionOfInterest> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    return 17;
  }

  @Override
  public void writeTo(ByteBuffer out) {
    Wire.little(out).putInt(xOffset).putInt(yOffset).putInt(height).putInt(width);
    out.put((byte) (doRectify ? 1 : 0));
  }
}
