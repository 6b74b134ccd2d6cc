package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/**
 * {@code diagnostic_msgs/DiagnosticStatus}.
 *
 * @param level {@link #OK}, {@link #WARN}, {@link #ERROR} or {@link #STALE}
 * @param name the component, such as {@code tarsier_perception: inference}
 * @param message its state in words
 * @param hardwareId which piece of hardware; may be empty
 * @param values details
 */
public record DiagnosticStatus(
    byte level, String name, String message, String hardwareId, List<KeyValue> values)
    implements RosMessage {
  /** All is well. */
  public static final byte OK = 0;

  /** Works, but not as it should. */
  public static final byte WARN = 1;

  /** Does not work. */
  public static final byte ERROR = 2;

  /** Nothing was heard of it for a while. */
  public static final byte STALE = 3;

  /** Name, MD5 and definition. */
  public static final MessageType<DiagnosticStatus> TYPE =
      MessageType.of(
          "diagnostic_msgs/DiagnosticStatus",
          Definitions.full(
              Definitions.DIAGNOSTIC_STATUS, "diagnostic_msgs/KeyValue", Definitions.KEY_VALUE),
          DiagnosticStatus::readFrom);

  /** A level and four empty fields. */
  static final int MINIMUM_BYTES = 17;

  /** Copies the list. */
  public DiagnosticStatus {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(hardwareId, "hardwareId");
    values = List.copyOf(values);
  }

  static DiagnosticStatus readFrom(ByteBuffer in) {
    return new DiagnosticStatus(
        in.get(),
        Wire.readString(in, "name"),
        Wire.readString(in, "message"),
        Wire.readString(in, "hardware_id"),
        Wire.readList(in, KeyValue.MINIMUM_BYTES, "values", KeyValue::readFrom));
  }

  @Override
  public MessageType<DiagnosticStatus> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    int length = 1 + Wire.lengthOf(name) + Wire.lengthOf(message) + Wire.lengthOf(hardwareId);
    length += Integer.BYTES;
    for (KeyValue value : values) {
      length += value.serializedLength();
    }
    return length;
  }

  @Override
  public void writeTo(ByteBuffer out) {
    Wire.little(out).put(level);
    Wire.writeString(out, name);
    Wire.writeString(out, message);
    Wire.writeString(out, hardwareId);
    out.putInt(values.size());
    for (KeyValue value : values) {
      value.writeTo(out);
    }
  }
}
