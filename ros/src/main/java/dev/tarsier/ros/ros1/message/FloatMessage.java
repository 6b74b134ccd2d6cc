package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;

/**
 * {@code std_msgs/Float32}.
 *
 * @param data any number
 */
public record FloatMessage(float data) implements RosMessage {
  /** Name, MD5 and definition. */
  public static final MessageType<FloatMessage> TYPE =
      MessageType.of("std_msgs/Float32", "float32 data\n", in -> new FloatMessage(in.getFloat()));

  @Override
  public MessageType<FloatMessage> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    return Float.BYTES;
  }

  @Override
  public void writeTo(ByteBuffer out) {
    Wire.little(out).putFloat(data);
  }
}
