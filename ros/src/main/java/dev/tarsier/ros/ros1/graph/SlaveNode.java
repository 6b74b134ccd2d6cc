package dev.tarsier.ros.ros1.graph;

import java.util.List;

/** What a node answers to the master and to other nodes; called on the server's threads. */
public interface SlaveNode {
  /** The node's full name. */
  String name();

  /** The master's URI. */
  String masterUri();

  /**
   * Somebody who may be the master says who publishes a topic now.
   *
   * @param topic full name
   * @param publishers their slave APIs
   */
  void publisherUpdate(String topic, List<String> publishers);

  /** Whether this node publishes a topic. */
  boolean publishes(String topic);

  /** Host and port of its TCPROS server. */
  List<Object> tcpRosAddress();

  /** Rows {@code [topic, type]}. */
  List<Object> publications();

  /** Rows {@code [topic, type]}. */
  List<Object> subscriptions();

  /** {@code [publishers, subscribers, services]} as the slave API has it. */
  List<Object> busStats();

  /** Rows {@code [id, destination, direction, transport, topic, connected, info]}. */
  List<Object> busInfo();

  /**
   * The node is told to end; returns at once.
   *
   * @param reason such as {@code new node registered with same name}
   */
  void shutdownRequested(String reason);
}
