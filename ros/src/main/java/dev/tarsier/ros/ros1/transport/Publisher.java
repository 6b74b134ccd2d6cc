package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.message.RosMessage;

/**
 * The sending end of one topic.
 *
 * @param <T> its message
 */
public interface Publisher<T extends RosMessage> extends AutoCloseable {
  /** The topic's full name. */
  String topic();

  /**
   * Serialises the message and queues it for each subscriber. Never waits for a subscriber; costs
   * nothing where there is none and the topic is not latched. Any thread may call.
   *
   * @param message Not modified; may be reused after return.
   */
  void publish(T message);

  /** How many subscribers are connected now. */
  int subscribers();

  /** Messages that were dropped because a subscriber did not keep up, over all subscribers. */
  long dropped();

  /** Withdraws the topic and closes its connections. */
  @Override
  void close();
}
