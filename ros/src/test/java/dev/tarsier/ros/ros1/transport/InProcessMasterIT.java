package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.testing.Prerequisites;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Debian's tools and rospy with our master and our nodes. */
class InProcessMasterIT extends RosToolsContract {
  private static InProcessMaster master;
  private static RosTools tools;

  @BeforeAll
  static void start() throws Exception {
    Prerequisites.programs("rostopic", "rosnode", "rosparam");
    master = new InProcessMaster(0);
    tools = new RosTools(URI.create(master.uri()).getPort());
  }

  @AfterAll
  static void stop() throws Exception {
    if (tools != null) {
      tools.close();
      master.close();
    }
  }

  @Override
  RosTools tools() {
    return tools;
  }
}
