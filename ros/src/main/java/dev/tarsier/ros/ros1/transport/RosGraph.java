package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.port.FaultListener;
import dev.tarsier.ros.port.Parameters;
import dev.tarsier.ros.port.RosClock;
import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.ros.ros1.message.RosMessage;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One node in the graph, and all that the product knows of it; another client or ROS 2 could stand
 * behind this. Names are {@code /global}, {@code relative} to the node's namespace, or {@code
 * ~private}, and are remapped. Any thread may call.
 */
public interface RosGraph extends AutoCloseable {
  /** The node's full name, such as {@code /tarsier_perception}. */
  String name();

  /**
   * The full name after namespace and remapping.
   *
   * @param name such as {@code ~depth}
   * @throws dev.tarsier.ros.port.RosException where the name is not legal
   */
  String resolve(String name);

  /**
   * Offers a topic. A topic is advertised once per node.
   *
   * @param topic such as {@code ~depth}
   * @param type its message type
   * @param options latching and queue
   */
  <T extends RosMessage> Publisher<T> advertise(
      String topic, MessageType<T> type, PublisherOptions options);

  /**
   * Receives a topic as bytes.
   *
   * @param topic such as {@code image}
   * @param type publishers of another type are refused, and named in the log
   * @param handler called for each message
   */
  Subscription subscribe(String topic, MessageType<?> type, RawHandler handler);

  /**
   * Receives a topic as messages.
   *
   * @param topic such as {@code image}
   * @param type publishers of another type are refused, and named in the log
   * @param handler called for each message, as {@link RawHandler} is; buffers inside the message
   *     are valid until it returns
   */
  default <T extends RosMessage> Subscription subscribe(
      String topic, MessageType<T> type, Consumer<T> handler) {
    return subscribe(
        topic, type, (RawHandler) (body, arrivalNanos) -> handler.accept(type.read(body.bytes())));
  }

  /** The master's parameters. */
  Parameters parameters();

  /**
   * The types of the topics that somebody publishes, by full name, as the master knows them. Asks
   * the master.
   *
   * @throws dev.tarsier.ros.port.RosException where it cannot be reached
   */
  Map<String, String> publishedTopics();

  /** ROS time. */
  RosClock clock();

  /**
   * Registers an action for when the node ends: closed, told to by the master or {@code rosnode
   * kill}, or by a signal. It runs once, before the node leaves the graph; where the node has ended
   * already it runs at once.
   *
   * @param action must end within a second
   */
  void onShutdown(Runnable action);

  /**
   * Registers who is told where a thread of the node ended that must not, and when that has not
   * happened again for a while. The node goes on: the thread is started again, or what it served is
   * connected again.
   */
  void onFault(FaultListener listener);

  /** Waits until the node has ended. */
  void awaitShutdown() throws InterruptedException;

  /** Leaves the graph: unregisters, closes all connections. A second call does nothing. */
  @Override
  void close();
}
