package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import dev.tarsier.runtime.testing.WatchedProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A robot's processes contact what they were told to, and leave nothing behind. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("untimed")
class SideEffectsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path folder;

  private Path model;

  @BeforeEach
  void prepare() throws IOException {
    Prerequisites.programs("strace");
    model = TestBundles.brightness(folder.resolve("brightness-v1"));
  }

  private WatchedProcess start(String name, String home, String... command) throws IOException {
    List<String> line = new ArrayList<>(List.of("-Xmx256m", RobotCommands.class.getName()));
    line.addAll(List.of(command));
    return new WatchedProcess(
        folder.resolve(name), home, List.of("ROS_MASTER_URI=http://127.0.0.1:1"), line);
  }

  private void isQuiet(WatchedProcess process) throws IOException {
    assertThat(process.contacted()).as(process.output()).isEmpty();
    assertThat(process.leftBehind()).as(process.output()).isEmpty();
  }

  private Path bag() throws IOException {
    Path file = folder.resolve("a.bag");
    try (TestBags bag = new TestBags(file)) {
      for (int i = 0; i < 8; i++) {
        bag.image(100L * i).depth(100L * i, 4000);
      }
    }
    return file;
  }

  @Test
  void replay() throws Exception {
    String[] command = {
      "replay", bag().toString(), "--model=" + model, "--out=" + folder.resolve("report")
    };
    try (WatchedProcess process = start("replay", "", command)) {
      assertThat(process.await()).as(process.output()).isZero();
      isQuiet(process);
      Path natives = folder.resolve("replay/home/.cache/tarsier/natives");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(natives)))
          .isEqualTo("rwx------");
      assertThat(natives).isDirectoryContaining("glob:**/onnxruntime-*");
    }
    for (String home : List.of("/proc", "/nowhere")) {
      String name = "homeless" + home.replace("/", "-");
      try (WatchedProcess process = start(name, home, command)) {
        assertThat(process.await()).as(process.output()).isZero();
        isQuiet(process);
      }
    }
  }

  @Test
  void doctorAndBagInfo() throws Exception {
    Path lz4 = folder.resolve("lz4.bag");
    try (BagWriter writer = new BagWriter(lz4, BagCompression.LZ4)) {
      writer.write("/t", 1_600_000_000_000_000_000L, new StringMessage("x".repeat(1000)));
    }
    try (WatchedProcess doctor =
            start("doctor", "", "doctor", "--model=" + model, "--broker=tcp://127.0.0.1:1");
        WatchedProcess info = start("info", "", "bag", "info", lz4.toString())) {
      assertThat(doctor.await()).as(doctor.output()).isBetween(0, 1);
      isQuiet(doctor);
      assertThat(info.await()).as(info.output()).isZero();
      isQuiet(info);
    }
  }

  @Test
  void nodeThatIsToldToEndAndNodeThatIsKilled() throws Exception {
    Prerequisites.programs("rosmaster");
    try (RosTools ros = new RosTools(RosTools.freePort())) {
      ros.start("rosmaster", "--core", "-p", Integer.toString(ros.port()));
      for (String signal : List.of("TERM", "KILL")) {
        for (String home : List.of("", "/proc")) {
          Path place = folder.resolve(signal + (home.isEmpty() ? "" : "-homeless"));
          try (WatchedProcess node =
              new WatchedProcess(
                  place,
                  home,
                  List.of("ROS_MASTER_URI=" + ros.masterUri(), "ROS_HOSTNAME=127.0.0.1"),
                  List.of(
                      "-Xmx256m",
                      RobotCommands.class.getName(),
                      "node",
                      "--provider=cpu",
                      "--model=" + model,
                      "image:=/camera/image"))) {
            Await.until("perceives", PATIENCE, () -> node.output().contains("perceives /camera"));
            perceive(ros);
            node.signal(signal);
            assertThat(node.contacted()).as(node.output()).isEmpty();
            if (home.isEmpty() || signal.equals("TERM")) {
              isQuiet(node);
              continue;
            }
            // OpenCV's libraries are looked up again and again, and cannot go before the process.
            assertThat(node.leftBehind()).allMatch(each -> each.startsWith("tmp/tarsier-natives-"));
          }
          try (WatchedProcess next =
              start(
                  place.getFileName().toString(),
                  home,
                  "replay",
                  bag().toString(),
                  "--model=" + model,
                  "--out=" + folder.resolve("next"))) {
            assertThat(next.await()).as(next.output()).isZero();
            isQuiet(next); // and what the killed one left is gone, too
          }
        }
      }
    }
  }

  private static void perceive(RosTools ros) throws Exception {
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
  }
}
