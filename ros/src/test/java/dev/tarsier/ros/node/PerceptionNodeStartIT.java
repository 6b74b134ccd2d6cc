package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.master.InProcessMaster;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.testing.Mosquitto;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
          start(
              ros,
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

  @Test
  void endsOnSigtermThoughItsInferenceHangs() throws Exception {
    Path model = TestBundles.hang(folder.resolve("hang-v1"));
    int port = RosTools.freePort();
    try (InProcessMaster master = new InProcessMaster(port);
        RosTools ros = new RosTools(port)) {
      RosTools.Running node =
          start(
              ros,
              "--provider=cpu",
              "--model=" + model,
              "image:=/camera/image",
              "_inference_timeout_millis:=1000",
              "_max_age_millis:=0",
              "_lazy:=false");
      awaitText(node, "perceives /camera/image with hang-v1");
      assertThat(perceives(ros)).isPositive();
      try (RosNode camera = RosNode.start(RosArguments.of("camera", master.uri(), "127.0.0.1"))) {
        Publisher<Image> images =
            camera.advertise("/camera/image", Image.TYPE, PublisherOptions.NEWEST);
        Await.until("the node", () -> images.subscribers() == 1);
        images.publish(image((byte) 255));
        awaitText(node, "the inference hangs");
      }
      node.process().destroy(); // SIGTERM
      assertThat(node.process().waitFor(30, TimeUnit.SECONDS))
          .as("ends; it said: " + node.output())
          .isTrue();
      assertThat(node.output())
          .contains("/tarsier_perception PerceptionPipeline:")
          .contains("ends by SIGKILL")
          .doesNotContain("fatal error");
      assertThat(ros.knows("/tarsier_perception")).as("it has left the graph").isFalse();
    }
  }

  @Test
  void saysWhatIsWrongBeforeAMasterAnswers() throws Exception {
    try (RosTools ros = new RosTools(RosTools.freePort())) {
      assertThat(refusal(ros, "--model=nowhere-v9"))
          .contains("there is no bundle 'nowhere-v9'")
          .contains("models/nowhere-v9");
      assertThat(refusal(ros, "_threads:=5000", "__name:=front"))
          .contains("/front/threads = 5000")
          .contains("0 to 1024");
      assertThat(refusal(ros, "_threads:=many")).contains("/tarsier_perception/threads = many");
      assertThat(refusal(ros, "--provider=npu")).contains("--provider = npu");
      assertThat(refusal(ros, "_modle:=x")).contains("did you mean 'model'?");
      assertThat(refusal(ros, "model=x")).contains("'model=x' is no ROS argument");
    }
  }

  /** What the master holds is known only once it answers; roslaunch starts the node again. */
  @Test
  void aPasswordWithoutAUserIsRefusedAtEachStartInALineWithTheNodesName() throws Exception {
    Prerequisites.programs("rosmaster");
    try (RosTools ros = new RosTools(RosTools.freePort())) {
      ros.start("rosmaster", "--core", "-p", Integer.toString(ros.port()));
      try (RosNode other = RosNode.start(RosArguments.of("other", ros.masterUri(), "127.0.0.1"))) {
        other.parameters().set("/tarsier_perception/mqtt", "tcp://127.0.0.1:1");
        other.parameters().set("/tarsier_perception/telemetry/password", "secret");
        for (int start = 0; start < 2; start++) {
          RosTools.Running node = start(ros, "--provider=cpu");
          assertThat(node.process().waitFor(60, TimeUnit.SECONDS)).as(node.output()).isTrue();
          assertThat(node.process().exitValue()).isEqualTo(RobotCommands.CANNOT_RUN);
          assertThat(node.output())
              .containsPattern("ERROR.*/tarsier_perception .*a password must come with a user")
              .doesNotContain("secret");
        }
        assertThat(other.parameters().get("/tarsier_perception/telemetry/password")).isPresent();
      }
    }
  }

  /** The five bytes are a PUBLISH of 256 MB; a client that believes them ends the process. */
  @Test
  void perceivesThoughItsBrokerSendsFiveBytesThatMeanHarm() throws Exception {
    Prerequisites.programs("rosmaster");
    Path model = TestBundles.brightness(folder.resolve("brightness-v1"));
    byte[] harm = {0x20, 2, 0, 0, 0x30, -1, -1, -1, 0x7F};
    try (RosTools ros = new RosTools(RosTools.freePort());
        ServerSocket broker = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      broker.setSoTimeout((int) PATIENCE.toMillis());
      ros.start("rosmaster", "--core", "-p", Integer.toString(ros.port()));
      RosTools.Running node =
          start(
              ros,
              "--provider=cpu",
              "--model=" + model,
              "--mqtt=mqtt://127.0.0.1:" + broker.getLocalPort(),
              "_robot:=厨房",
              "_telemetry/user:=u",
              "_telemetry/password:=secret",
              "_telemetry/retry_max_millis:=100",
              "image:=/camera/image");
      awaitText(node, "perceives /camera/image with brightness-v1");
      for (int connection = 1; connection <= 3; connection++) {
        try (Socket robot = broker.accept()) {
          assertThat(robot.getInputStream().read()).as("CONNECT").isEqualTo(0x10);
          robot.getOutputStream().write(harm);
          robot.getOutputStream().flush();
          robot.shutdownOutput();
          robot.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (SocketException e) {
          assertThat(e).as("the robot hung up first, which is as good").isNotNull();
        }
      }
      assertThat(perceives(ros)).isPositive();
      assertThat(node.process().isAlive()).isTrue();
      assertThat(node.output())
          .contains("is readable by every user of this machine")
          .doesNotContain("secret")
          .doesNotContain("readable by everybody who reaches the master")
          .doesNotContain("\tat ");
      try (RosNode reader =
          RosNode.start(RosArguments.of("reader", ros.masterUri(), "127.0.0.1"))) {
        assertThat(reader.parameters().get("/tarsier_perception/telemetry/user")).contains("u");
        assertThat(reader.parameters().get("/tarsier_perception/telemetry/password")).isEmpty();
      }
    }
  }

  private static String refusal(RosTools ros, String... arguments) throws Exception {
    RosTools.Running node = start(ros, arguments);
    assertThat(node.process().waitFor(60, TimeUnit.SECONDS)).as(node.output()).isTrue();
    assertThat(node.process().exitValue()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(node.output()).doesNotContain("waits for the master").doesNotContain("\tat ");
    return node.output();
  }

  private static RosTools.Running start(RosTools ros, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                "CLASSPATH=" + System.getProperty("java.class.path"),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m", // as the launcher has it
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                RobotCommands.class.getName(),
                "node"));
    command.addAll(List.of(arguments));
    return ros.start(command.toArray(String[]::new));
  }

  private static Image image(byte value) {
    byte[] pixels = new byte[3 * 64 * 48];
    Arrays.fill(pixels, value);
    return new Image(
        new Header(0, new RosTime(100, 0), "optical"),
        48,
        64,
        "rgb8",
        false,
        3 * 64,
        ByteBuffer.wrap(pixels));
  }

  /** Sends images until one comes back as depth. */
  private static int perceives(RosTools ros) throws Exception {
    AtomicInteger seen = new AtomicInteger();
    try (RosNode camera = RosNode.start(RosArguments.of("camera", ros.masterUri(), "127.0.0.1"))) {
      camera.subscribe(
          "/tarsier_perception/depth", Image.TYPE, (body, arrivalNanos) -> seen.incrementAndGet());
      Publisher<Image> images =
          camera.advertise("/camera/image", Image.TYPE, PublisherOptions.NEWEST);
      Image image = image((byte) 0);
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
