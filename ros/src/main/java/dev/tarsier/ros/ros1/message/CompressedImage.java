package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * {@code sensor_msgs/CompressedImage}.
 *
 * @param header stamp and frame of the acquisition
 * @param format such as {@code jpeg}, {@code png} or {@code rgb8; jpeg compressed bgr8}
 * @param data the file, from position to limit. Neither copied nor modified: a message that was
 *     read views the buffer it was read from.
 */
public record CompressedImage(Header header, String format, ByteBuffer data) implements RosMessage {
  /** Name, MD5 and definition. */
  public static final MessageType<CompressedImage> TYPE =
      MessageType.of(
          "sensor_msgs/CompressedImage",
          Definitions.full(
              """
              # An image as a JPEG or PNG file
              Header header   # acquisition time, optical frame: x right, y down, z forward
              string format   # jpeg, png, or image_transport's longer form
              uint8[] data    # the file
              """,
              "std_msgs/Header",
              Definitions.HEADER),
          in ->
              new CompressedImage(
                  Header.readFrom(in), Wire.readName(in, "format"), Wire.readBytes(in, "data")));

  /** Checks that nothing is missing. */
  public CompressedImage {
    Objects.requireNonNull(header, "header");
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(data, "data");
  }

  @Override
  public MessageType<CompressedImage> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    return Math.addExact(
        header.serializedLength() + Wire.lengthOf(format) + Integer.BYTES, data.remaining());
  }

  @Override
  public void writeTo(ByteBuffer out) {
    header.writeTo(out);
    Wire.writeString(out, format);
    Wire.writeBytes(out, data);
  }
}
