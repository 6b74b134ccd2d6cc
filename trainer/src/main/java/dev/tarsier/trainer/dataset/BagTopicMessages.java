package dev.tarsier.trainer.dataset;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.MessagePlace;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.ros1.adapter.ImageBodies;
import dev.tarsier.ros.truth.TopicMessages;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** When the messages of an image topic were taken, and where they lie. One owner thread. */
final class BagTopicMessages {
  private final Path path;
  private final String name;
  private final BagTopic topic;
  private final TopicMessages messages;

  /**
   * A topic of which no message was read.
   *
   * @param path what to call the bag
   * @throws DataException if the bag has no such topic
   */
  BagTopicMessages(Recording bag, Path path, String name) {
    this.path = path;
    this.name = name;
    List<BagTopic> there = bag.topicsOfType(ImageBodies.types());
    this.topic =
        there.stream()
            .filter(each -> Selection.bare(each.name()).equals(Selection.bare(name)))
            .findFirst()
            .orElseThrow(
                () ->
                    new DataException(
                        "%s has no image topic %s; it has %s"
                            .formatted(
                                path,
                                name,
                                there.stream()
                                    .map(BagTopic::name)
                                    .collect(Collectors.joining(", ")))));
    this.messages = new TopicMessages(topic);
  }

  Path path() {
    return path;
  }

  /** As it was asked for. */
  String name() {
    return name;
  }

  BagTopic topic() {
    return topic;
  }

  boolean compressed() {
    return ImageBodies.compressed(topic.type());
  }

  /** Takes a message if it is of this topic. */
  void add(BagConnection connection, long receiveNanos, ByteBuffer body, MessagePlace place) {
    messages.add(connection, receiveNanos, body, place);
  }

  int size() {
    return messages.size();
  }

  /** The nth message by time of recording. */
  TopicMessages.Message get(int index) {
    return messages.get(index);
  }

  /** The times by which messages are paired. */
  long[] times(boolean byReceive) {
    return messages.times(byReceive);
  }
}
