package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * {@code diagnostic_msgs/KeyValue}.
 *
 * @param key what the value is
 * @param value as text
 */
public record KeyValue(String key, String value) implements RosMessage {
  /** Name, MD5 and definition. */
  public static final MessageType<KeyValue> TYPE =
      MessageType.of("diagnostic_msgs/KeyValue", Definitions.KEY_VALUE, KeyValue::readFrom);

  /** Two empty strings. */
  static final int MINIMUM_BYTES = 8;

  /** Checks that nothing is missing. */
  public KeyValue {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(value, "value");
  }

  static KeyValue readFrom(ByteBuffer in) {
    return new KeyValue(Wire.readString(in, "key"), Wire.readString(in, "value"));
  }

  @Override
  public MessageType<KeyValue> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    return Wire.lengthOf(key) + Wire.lengthOf(value);
  }

  @Override
  public void writeTo(ByteBuffer out) {
    Wire.writeString(Wire.little(out), key);
    Wire.writeString(out, value);
  }
}
