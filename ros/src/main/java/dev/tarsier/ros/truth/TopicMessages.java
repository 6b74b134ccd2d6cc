package dev.tarsier.ros.truth;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.MessagePlace;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.adapter.ImageBodies;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** When the messages of an image topic were taken, and where they lie. One owner thread. */
public final class TopicMessages {
  private final String bareName;
  private final ImageBodies bodies;
  private final List<Message> messages = new ArrayList<>();

  /**
   * One message.
   *
   * @param stampNanos when it was taken; 0 where that is not known
   * @param receiveNanos when it was recorded
   * @param place where it lies
   */
  public record Message(long stampNanos, long receiveNanos, MessagePlace place) {
    /** The time by which it is paired. */
    public long nanos(boolean byReceive) {
      return byReceive || stampNanos == 0 ? receiveNanos : stampNanos;
    }
  }

  /** A topic of which no message was read. */
  public TopicMessages(BagTopic topic) {
    this(topic.name(), topic.type());
  }

  /** The same of a topic that was looked at. */
  public TopicMessages(ImageStream topic) {
    this(topic.topic(), topic.type());
  }

  private TopicMessages(String name, String type) {
    this.bareName = Selection.bare(name);
    this.bodies = new ImageBodies(ImageBodies.compressed(type));
  }

  /** Whether a connection is of this topic. */
  public boolean is(BagConnection connection) {
    return Selection.bare(connection.topic()).equals(bareName);
  }

  /**
   * Takes a message if it is of this topic.
   *
   * @param body Not modified.
   * @throws MessageFormatException when it is of this topic and no image
   */
  public void add(
      BagConnection connection, long receiveNanos, ByteBuffer body, MessagePlace place) {
    if (is(connection)) {
      messages.add(new Message(bodies.over(body).stampNanos(), receiveNanos, place));
    }
  }

  /** How many there are. */
  public int size() {
    return messages.size();
  }

  /** The nth message by time of recording. */
  public Message get(int index) {
    return messages.get(index);
  }

  /** The times by which messages are paired. */
  public long[] times(boolean byReceive) {
    return messages.stream().mapToLong(message -> message.nanos(byReceive)).toArray();
  }
}
