package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/**
 * {@code diagnostic_msgs/DiagnosticArray}.
 *
 * @param header when
 * @param status one for each component
 */
public record DiagnosticArray(Header header, List<DiagnosticStatus> status) implements RosMessage {
  /** Name, MD5 and definition. */
  public static final MessageType<DiagnosticArray> TYPE =
      MessageType.of(
          "diagnostic_msgs/DiagnosticArray",
          Definitions.full(
              """
              # The state of the robot's components
              Header header               # when
              DiagnosticStatus[] status   # one for each component
              """,
              "std_msgs/Header",
              Definitions.HEADER,
              "diagnostic_msgs/DiagnosticStatus",
              Definitions.DIAGNOSTIC_STATUS,
              "diagnostic_msgs/KeyValue",
              Definitions.KEY_VALUE),
          in ->
              new DiagnosticArray(
                  Header.readFrom(in),
                  Wire.readList(
                      in, DiagnosticStatus.MINIMUM_BYTES, "status", DiagnosticStatus::readFrom)));

  /** Copies the list. */
  public DiagnosticArray {
    Objects.requireNonNull(header, "header");
    status = List.copyOf(status);
  }

  @Override
  public MessageType<DiagnosticArray> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    int length = header.serializedLength() + Integer.BYTES;
    for (DiagnosticStatus each : status) {
      length += each.serializedLength();
    }
    return length;
  }

  @Override
  public void writeTo(ByteBuffer out) {
    header.writeTo(out);
    out.putInt(status.size());
    for (DiagnosticStatus each : status) {
      each.writeTo(out);
    }
  }
}
