package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * {@code sensor_msgs/Image}. Whether the sizes fit each other is not checked here, since ROS lets
 * an empty image through; {@link ImageView} checks it.
 *
 * @param header stamp and frame of the acquisition
 * @param height rows
 * @param width columns
 * @param encoding such as {@code rgb8}, {@code 32FC1}
 * @param bigEndian whether samples wider than a byte are big endian
 * @param step bytes of a row
 * @param data the rows, from position to limit. Neither copied nor modified: a message that was
 *     read views the buffer it was read from, and one to be written views its maker's.
 */
public record Image(
    Header header,
    int height,
    int width,
    String encoding,
    boolean bigEndian,
    int step,
    ByteBuffer data)
    implements RosMessage {
  /** Name, MD5 and definition. */
  public static final MessageType<Image> TYPE =
      MessageType.of(
          "sensor_msgs/Image",
          Definitions.full(
              """
              # An uncompressed image; row 0 is the uppermost
              Header header        # acquisition time, optical frame: x right, y down, z forward
              uint32 height        # rows
              uint32 width         # columns
              string encoding      # channels, their order and size: rgb8, mono8, 16UC1, 32FC1, ...
              uint8 is_bigendian
              uint32 step          # bytes of a row
              uint8[] data         # step * height bytes
              """,
              "std_msgs/Header",
              Definitions.HEADER),
          Image::readFrom);

  /** Checks the counts. */
  public Image {
    Objects.requireNonNull(header, "header");
    Objects.requireNonNull(encoding, "encoding");
    Objects.requireNonNull(data, "data");
    if (height < 0 || width < 0 || step < 0) {
      throw new IllegalArgumentException(
          "height, width and step must not be negative, got %d, %d, %d"
              .formatted(height, width, step));
    }
  }

  private static Image readFrom(ByteBuffer in) {
    return new Image(
        Header.readFrom(in),
        Wire.readCount(in, "height"),
        Wire.readCount(in, "width"),
        Wire.readName(in, "encoding"),
        in.get() != 0,
        Wire.readCount(in, "step"),
        Wire.readBytes(in, "data"));
  }

  @Override
  public MessageType<Image> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    return Math.addExact(
        header.serializedLength() + Wire.lengthOf(encoding) + 17, data.remaining());
  }

  @Override
  public void writeTo(ByteBuffer out) {
    header.writeTo(out);
    out.putInt(height).putInt(width);
    Wire.writeString(out, encoding);
    out.put((byte) (bigEndian ? 1 : 0)).putInt(step);
    Wire.writeBytes(out, data);
  }
}
