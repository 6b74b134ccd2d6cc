package dev.tarsier.ros.ros1.transport;

/**
 * How a topic is published.
 *
 * @param latch whether a new subscriber is given the last message
 * @param queueSize messages held for each subscriber that does not keep up, beside the one being
 *     written; the oldest goes first
 */
public record PublisherOptions(boolean latch, int queueSize) {
  /** Not latched, and only the newest message waits: right for images. */
  public static final PublisherOptions NEWEST = new PublisherOptions(false, 1);

  /** Latched: right for what changes rarely. */
  public static final PublisherOptions LATCHED = new PublisherOptions(true, 1);

  /** Checks the queue. */
  public PublisherOptions {
    if (queueSize < 1) {
      throw new IllegalArgumentException("queueSize must be at least 1, got " + queueSize);
    }
  }

  /**
   * Not latched.
   *
   * @param queueSize messages held for each subscriber
   */
  public static PublisherOptions queue(int queueSize) {
    return new PublisherOptions(false, queueSize);
  }
}
