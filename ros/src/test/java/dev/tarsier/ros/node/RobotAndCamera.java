package dev.tarsier.ros.node;

import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A master, a robot's node and a camera's, and the bundle {@code brightness-v1}; one a test. */
abstract class RobotAndCamera {
  static final String CAMERA = "/camera/rgb/image_color";

  @TempDir static Path folder;

  InProcessMaster master;
  RosNode robot;
  RosNode camera;
  Bundle bundle;

  @BeforeEach
  void start() throws Exception {
    bundle = TestBundles.load(folder.resolve("brightness-v1"));
    master = new InProcessMaster(0);
    robot =
        RosNode.start(
            new RosArguments(
                PerceptionNode.DEFAULT_NAME,
                "/",
                master.uri(),
                Optional.of("127.0.0.1"),
                Optional.empty(),
                Map.of("image", CAMERA),
                Map.of("provider", "cpu", "threads", 1),
                List.of()));
    camera = RosNode.start(RosArguments.of("camera", master.uri(), "127.0.0.1"));
  }

  @AfterEach
  void stop() {
    camera.close();
    robot.close();
    master.close();
  }
}
