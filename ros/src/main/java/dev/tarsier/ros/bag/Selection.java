package dev.tarsier.ros.bag;

import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;

/** Which connections of a bag are read. */
@FunctionalInterface
public interface Selection {
  /** Whether messages of this connection are wanted. */
  boolean includes(BagConnection connection);

  /** All of them. */
  static Selection all() {
    return connection -> true;
  }

  /**
   * Those of some topics; a slash in front makes no difference.
   *
   * @param topics their names
   */
  static Selection topics(String... topics) {
    return topics(Arrays.asList(topics));
  }

  /**
   * Those of some topics; a slash in front makes no difference.
   *
   * @param topics their names. Not modified.
   */
  static Selection topics(Collection<String> topics) {
    Set<String> names = topics.stream().map(Selection::bare).collect(Collectors.toSet());
    return connection -> names.contains(bare(connection.topic()));
  }

  /** A topic's name without the slash in front, by which topics are told apart. */
  static String bare(String topic) {
    return topic.startsWith("/") ? topic.substring(1) : topic;
  }
}
