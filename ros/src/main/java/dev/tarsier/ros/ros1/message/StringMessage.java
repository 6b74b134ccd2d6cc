package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * {@code std_msgs/String}.
 *
 * @param data any text
 */
public record StringMessage(String data) implements RosMessage {
  /** Name, MD5 and definition. */
  public static final MessageType<StringMessage> TYPE =
      MessageType.of(
          "std_msgs/String", "string data\n", in -> new StringMessage(Wire.readString(in, "data")));

  /** Checks that nothing is missing. */
  public StringMessage {
    Objects.requireNonNull(data, "data");
  }

  @Override
  public MessageType<StringMessage> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    return Wire.lengthOf(data);
  }

  @Override
  public void writeTo(ByteBuffer out) {
    Wire.writeString(Wire.little(out), data);
  }
}
