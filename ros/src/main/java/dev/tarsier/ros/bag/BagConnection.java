package dev.tarsier.ros.bag;

import dev.tarsier.ros.ros1.message.MessageType;
import java.util.Objects;

/**
 * One publisher of one topic, as the recorder saw it.
 *
 * @param id number within the bag
 * @param topic such as {@code /camera/rgb/image_color}
 * @param type such as {@code sensor_msgs/Image}
 * @param md5 of the definition; {@code *} when the recorder did not know it
 * @param definition full text as recorded; may be empty or broken, for nothing is read by it
 * @param callerId the node that published, or empty
 * @param latching whether the publisher latched
 */
public record BagConnection(
    int id,
    String topic,
    String type,
    String md5,
    String definition,
    String callerId,
    boolean latching) {
  /** Checks that nothing is missing. */
  public BagConnection {
    Objects.requireNonNull(topic, "topic");
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(md5, "md5");
    Objects.requireNonNull(definition, "definition");
    Objects.requireNonNull(callerId, "callerId");
  }

  /** Whether the bodies of this connection can be read as this type. */
  public boolean holds(MessageType<?> wanted) {
    return type.equals(wanted.name()) && (md5.equals(wanted.md5()) || md5.equals("*"));
  }
}
