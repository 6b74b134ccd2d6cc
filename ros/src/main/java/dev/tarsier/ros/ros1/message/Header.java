package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * {@code std_msgs/Header}.
 *
 * @param seq counts the messages of a publisher; uint32
 * @param stamp when the data was acquired
 * @param frameId the coordinate frame; may be empty
 */
public record Header(int seq, RosTime stamp, String frameId) implements RosMessage {
  /** Name, MD5 and definition. */
  public static final MessageType<Header> TYPE =
      MessageType.of("std_msgs/Header", Definitions.HEADER, Header::readFrom);

  /** Checks that nothing is missing. */
  public Header {
    Objects.requireNonNull(stamp, "stamp");
    Objects.requireNonNull(frameId, "frameId");
  }

  static Header readFrom(ByteBuffer in) {
    return new Header(in.getInt(), RosTime.read(in), Wire.readName(in, "header.frame_id"));
  }

  @Override
  public MessageType<Header> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    return 12 + Wire.lengthOf(frameId);
  }

  @Override
  public void writeTo(ByteBuffer out) {
    Wire.little(out).putInt(seq);
    stamp.write(out);
    Wire.writeString(out, frameId);
  }
}
