package dev.tarsier.ros.ros1.message;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/**
 * {@code rosgraph_msgs/Log}: what a node publishes on {@code /rosout}.
 *
 * @param header when
 * @param level {@link #DEBUG}, {@link #INFO}, {@link #WARN}, {@link #ERROR} or {@link #FATAL}
 * @param name the node
 * @param msg the message
 * @param file source file
 * @param function method
 * @param line in the source file; uint32
 * @param topics what the node publishes
 */
public record Log(
    Header header,
    byte level,
    String name,
    String msg,
    String file,
    String function,
    int line,
    List<String> topics)
    implements RosMessage {
  /** For those who look for a fault. */
  public static final byte DEBUG = 1;

  /** What goes on. */
  public static final byte INFO = 2;

  /** Something is not as it should be. */
  public static final byte WARN = 4;

  /** Something does not work. */
  public static final byte ERROR = 8;

  /** The node cannot go on. */
  public static final byte FATAL = 16;

  /** Name, MD5 and definition. */
  public static final MessageType<Log> TYPE =
      MessageType.of(
          "rosgraph_msgs/Log",
          Definitions.full(
              """
              # What a node logs
              byte DEBUG=1
              byte INFO=2
              byte WARN=4
              byte ERROR=8
              byte FATAL=16
              Header header
              byte level        # one of the above
              string name       # the node
              string msg        # the message
              string file       # where in the source
              string function
              uint32 line
              string[] topics   # what the node publishes
              """,
              "std_msgs/Header",
              Definitions.HEADER),
          in ->
              new Log(
                  Header.readFrom(in),
                  in.get(),
                  Wire.readString(in, "name"),
                  Wire.readString(in, "msg"),
                  Wire.readString(in, "file"),
                  Wire.readString(in, "function"),
                  in.getInt(),
                  Wire.readList(
                      in, Integer.BYTES, "topics", body -> Wire.readString(body, "topics"))));

  /** Copies the list. */
  public Log {
    Objects.requireNonNull(header, "header");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(msg, "msg");
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(function, "function");
    topics = List.copyOf(topics);
  }

  @Override
  public MessageType<Log> type() {
    return TYPE;
  }

  @Override
  public int serializedLength() {
    int length = header.serializedLength() + 1 + Wire.lengthOf(name) + Wire.lengthOf(msg);
    length += Wire.lengthOf(file) + Wire.lengthOf(function) + 8;
    for (String topic : topics) {
      length += Wire.lengthOf(topic);
    }
    return length;
  }

  @Override
  public void writeTo(ByteBuffer out) {
    header.writeTo(out);
    out.put(level);
    Wire.writeString(out, name);
    Wire.writeString(out, msg);
    Wire.writeString(out, file);
    Wire.writeString(out, function);
    out.putInt(line).putInt(topics.size());
    for (String topic : topics) {
      Wire.writeString(out, topic);
    }
  }
}
