package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.message.StringMessage;

/** A node in a process of its own, which tests signal. */
final class ChildNode {
  private ChildNode() {}

  /**
   * Runs until it is told to end.
   *
   * @param arguments as ROS gives them
   */
  public static void main(String[] arguments) throws InterruptedException {
    RosNode node = RosNode.start(arguments, "child");
    node.advertise("chatter", StringMessage.TYPE, PublisherOptions.LATCHED)
        .publish(new StringMessage("of a child"));
    node.awaitShutdown();
  }
}
