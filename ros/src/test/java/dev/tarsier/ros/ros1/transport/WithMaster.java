package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A master of our own for each test. */
abstract class WithMaster {
  InProcessMaster master;

  @BeforeEach
  void startMaster() throws Exception {
    master = new InProcessMaster(0);
  }

  @AfterEach
  void stopMaster() {
    master.close();
  }

  /** A node of it; whoever asks closes it. */
  RosNode node(String name) throws InterruptedException {
    return RosNode.start(RosArguments.of(name, master.uri(), "127.0.0.1"));
  }
}
