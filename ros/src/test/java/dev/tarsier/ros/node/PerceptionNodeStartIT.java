package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.graph.RosArguments;
import dev.tarsier.ros.message.Header;
import dev.tarsier.ros.message.Image;
import dev.tarsier.ros.message.RosTime;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.ros.transport.Publisher;
import dev.tarsier.ros.transport.PublisherOptions;
import dev.tarsier.ros.transport.RosNode;
import dev.tarsier.runtime.testing.Mosquitto;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The node in a process of its own, with nobody there yet: a robot starts in any order. */
class PerceptionNodeStartIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;

  private static void awaitText(RosTools.Running node, String text) throws Exception {
    try {
      Await.until(text, PATIENCE, () -> node.output().contains(text));
    } catch (AssertionError e) {
      throw new AssertionError(node.output(), e);
    }
  }

  @Test
  void waitsForTheMasterPerceivesWithoutABrokerAndTellsItWhenItComes() throws Exception {
    Prerequisites.programs("rosmaster", "mosquitto");
    Path model = TestBundles.brightness(folder.resolve("brightness-v1"));
    try (RosTools ros = new RosTools(RosTools.freePort());
        Mosquitto broker = Mosquitto.prepare(folder)) {
      RosTools.Running node =
          ros.start(
              "env",
              "CLASSPATH=" + System.getProperty("java.class.path"),
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-Dlogback.configurationFile=logback.xml", // not the tests' silent one
              RobotCommands.class.getName(),
              "node",
              "--provider=cpu",
              "--model=" + model,
              "--mqtt=" + broker.uri(),
              "image:=/camera/image");
      awaitText(node, "waits for the master at " + ros.masterUri());
      assertThat(node.output()).contains("is roscore running, and ROS_MASTER_URI right?");

      ros.start("rosmaster", "--core", "-p", Integer.toString(ros.port()));
      awaitText(node, "found the master at " + ros.masterUri());
      awaitText(node, "perceives /camera/image with brightness-v1");
      awaitText(node, "Perception goes on.");
      assertThat(perceives(ros)).isPositive();
      assertThat(node.output()).doesNotContain("Telemetry goes to");

      broker.start();
      awaitText(node, "Telemetry goes to " + broker.uri());
      assertThat(perceives(ros)).isPositive();
    }
  }

  /** Sends images until one comes back as depth. */
  private static int perceives(RosTools ros) throws Exception {
    AtomicInteger seen = new AtomicInteger();
    try (RosNode camera = RosNode.start(RosArguments.of("camera", ros.masterUri(), "127.0.0.1"))) {
      camera.subscribe(
          "/tarsier_perception/depth", Image.TYPE, (body, arrivalNanos) -> seen.incrementAndGet());
      Publisher<Image> images =
          camera.advertise("/camera/image", Image.TYPE, PublisherOptions.NEWEST);
      Image image =
          new Image(
              new Header(0, new RosTime(100, 0), "optical"),
              48,
              64,
              "rgb8",
              false,
              3 * 64,
              ByteBuffer.allocate(3 * 64 * 48));
      Await.until(
          "a depth image",
          PATIENCE,
          () -> {
            images.publish(image);
            return seen.get() > 0;
          });
    }
    return seen.get();
  }
}
