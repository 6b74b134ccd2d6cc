package dev.tarsier.ros.port;

/**
 * The sending end of one topic. Any thread may call.
 *
 * @param <T> what is said
 */
public interface Output<T> extends AutoCloseable {
  /** Whether somebody listens; what nobody listens to need not be made. */
  boolean wanted();

  /**
   * Says it, without waiting for a listener.
   *
   * @param message Not modified; may be used again after return.
   */
  void publish(T message);

  /** Messages that listeners did not take in time and lost, over all listeners so far. */
  long lost();

  /** Withdraws the topic. */
  @Override
  void close();
}
