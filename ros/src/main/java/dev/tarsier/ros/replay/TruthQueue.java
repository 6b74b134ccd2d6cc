package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.truth.Truth;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Perceived images until it is known which depth and which labels belong to them. They leave in the
 * order in which they came. Owns the frames that wait. One owner thread.
 */
final class TruthQueue implements AutoCloseable {
  /** Images that may wait at once. */
  static final int MOST = 32;

  private final TruthTopic depth;
  private final TruthTopic labels;
  private final ArrayDeque<Perceived> waiting = new ArrayDeque<>();

  /** Takes an image with its truth. */
  @FunctionalInterface
  interface Handler {
    /**
     * @param image its frame is closed behind the call
     * @param depth null where it has none
     * @param labels null where it has none
     */
    void onDecided(Perceived image, Truth depth, Truth labels);
  }

  TruthQueue(BagTopics topics, double toleranceMillis) {
    this.depth =
        topics.depth() == null ? null : new TruthTopic("depth", topics.depth(), toleranceMillis);
    this.labels =
        topics.labels() == null ? null : new TruthTopic("labels", topics.labels(), toleranceMillis);
  }

  /** The topics that there are: depth, then labels. */
  List<TruthTopic> topics() {
    return Stream.of(depth, labels).flatMap(Stream::ofNullable).toList();
  }

  /** The topic that a connection is. */
  Optional<TruthTopic> topic(BagConnection connection) {
    return topics().stream().filter(topic -> topic.is(connection)).findFirst();
  }

  /** Whether there is any truth to wait for. */
  boolean judges() {
    return depth != null || labels != null;
  }

  long depthMatched() {
    return depth == null ? 0 : depth.matched();
  }

  long labelsMatched() {
    return labels == null ? 0 : labels.matched();
  }

  /** Takes an image, whose frame is now owned here. */
  void add(Perceived image) {
    waiting.addLast(image);
  }

  /**
   * Gives up the images whose truth is decided, and more where too many wait.
   *
   * @param nowNanos receive time of the newest message; the largest number behind the last
   */
  void decide(long nowNanos, Handler handler) {
    while (!waiting.isEmpty()) {
      Perceived first = waiting.peekFirst();
      if (nowNanos != Long.MAX_VALUE
          && waiting.size() <= MOST
          && !topics().stream().allMatch(topic -> topic.isDecided(first, nowNanos))) {
        break;
      }
      waiting.removeFirst();
      try (first) {
        handler.onDecided(
            first, of(depth, first, first.hasMetres()), of(labels, first, first.hasIds()));
      }
    }
    long oldest = waiting.isEmpty() ? nowNanos : waiting.peekFirst().receiveNanos();
    topics().forEach(topic -> topic.forgetBefore(oldest));
  }

  private static Truth of(TruthTopic topic, Perceived image, boolean hasHead) {
    return topic == null || !hasHead ? null : topic.of(image).orElse(null);
  }

  /** Closes the frames that still wait. */
  @Override
  public void close() {
    waiting.forEach(Perceived::close);
    waiting.clear();
  }
}
