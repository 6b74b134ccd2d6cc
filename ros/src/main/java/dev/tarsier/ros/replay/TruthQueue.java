package dev.tarsier.ros.replay;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.runtime.task.Plane;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Perceived images until it is known which truth belongs to them. They leave in the order in which
 * they came. Owns the frames that wait. One owner thread.
 */
final class TruthQueue implements AutoCloseable {
  /** Images that may wait at once. */
  static final int MOST = 32;

  private final List<TruthTopic> topics;
  private final ArrayDeque<Perceived> waiting = new ArrayDeque<>();

  /** Takes an image with its truth. */
  @FunctionalInterface
  interface Handler {
    /**
     * @param image its frame is closed behind the call
     * @param truths what belongs to it, by head
     */
    void onDecided(Perceived image, Map<String, Plane> truths);
  }

  /**
   * @param topics with truth, each for another head
   */
  TruthQueue(List<TruthTopic> topics) {
    this.topics = List.copyOf(topics);
  }

  /** The topics that there are. */
  List<TruthTopic> topics() {
    return topics;
  }

  /** The topic that a connection is. */
  Optional<TruthTopic> topic(BagConnection connection) {
    return topics.stream().filter(topic -> topic.is(connection)).findFirst();
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
          && !topics.stream().allMatch(topic -> topic.isDecided(first, nowNanos))) {
        break;
      }
      waiting.removeFirst();
      try (first) {
        Map<String, Plane> truths = new LinkedHashMap<>();
        topics.forEach(
            topic -> topic.of(first).ifPresent(truth -> truths.put(topic.head(), truth.plane())));
        handler.onDecided(first, truths);
      }
    }
    long oldest = waiting.isEmpty() ? nowNanos : waiting.peekFirst().receiveNanos();
    topics.forEach(topic -> topic.forgetBefore(oldest));
  }

  /** Closes the frames that still wait. */
  @Override
  public void close() {
    waiting.forEach(Perceived::close);
    waiting.clear();
  }
}
