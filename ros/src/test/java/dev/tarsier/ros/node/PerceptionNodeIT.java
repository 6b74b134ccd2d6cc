package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.testing.Await;
import dev.tarsier.ros.testing.RosTools;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launch package as a robot uses it: real roscore and roslaunch, a real bag played by Debian's
 * rosbag, the outputs recorded and read by it, and computed anew by numpy.
 */
class PerceptionNodeIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String NODE = "/tarsier_perception";

  @TempDir Path folder;
  private RosTools ros;

  @BeforeEach
  void startRoscore() throws Exception {
    Prerequisites.programs("roscore", "roslaunch", "rosbag", "rostopic");
    ros = RosTools.withRoscore();
  }

  @AfterEach
  void stop() throws Exception {
    if (ros != null) {
      ros.close();
    }
  }

  private RosTools.Running launch(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "tarsier",
                "perception.launch",
                "provider:=cpu",
                "model:=" + TestBundles.brightness(folder.resolve("brightness-v1"))));
    command.addAll(List.of(arguments));
    RosTools.Running launched = ros.roslaunch(command);
    try {
      Await.until("the node", PATIENCE, () -> launched.output().contains(NODE + " perceives"));
    } catch (AssertionError e) {
      throw new AssertionError(launched.output(), e);
    }
    return launched;
  }

  private RosTools.Running record(Path bag, String... topics) throws Exception {
    List<String> command = new ArrayList<>(List.of("rosbag", "record", "-O", bag.toString()));
    command.addAll(List.of(topics));
    RosTools.Running recorder = ros.start(command.toArray(String[]::new));
    for (String topic : topics) {
      Await.until(
          "the recorder on " + topic,
          PATIENCE,
          () -> ros.run("rostopic", "info", topic).contains("* /record_"));
    }
    return recorder;
  }

  private void play(Path bag, String image, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("rosbag", "play", "-q", "--wait-for-subscribers", bag.toString()));
    command.addAll(List.of(options));
    command.addAll(List.of("--topics", image, "/camera/rgb/camera_info"));
    assertThat(ros.run(command.toArray(String[]::new))).contains("Done.");
  }

  private static void interrupt(RosTools.Running program, int seconds) throws Exception {
    new ProcessBuilder("kill", "-INT", Long.toString(program.process().pid())).start().waitFor();
    assertThat(program.process().waitFor(seconds, TimeUnit.SECONDS))
        .as("ends on SIGINT; it said: " + program.output())
        .isTrue();
  }

  private List<String> check(Path played, String imageTopic, Path recorded) throws Exception {
    return ros.run(
            "/usr/bin/python3",
            Prerequisites.root().resolve("ros/src/test/resources/ros/outputs.py").toString(),
            played.toString(),
            imageTopic,
            recorded.toString())
        .lines()
        .toList();
  }

  @Test
  void perceivesARealBagUnderRoslaunch() throws Exception {
    Path bag = Prerequisites.shared("data/bags/kitchen_raw_lz4.bag");
    Path recorded = folder.resolve("outputs.bag");
    RosTools.Running launched = launch("image:=/camera/rgb/image_color");
    RosTools.Running recorder =
        record(
            recorded,
            NODE + "/segmentation",
            NODE + "/segmentation_color",
            NODE + "/depth",
            NODE + "/camera_info",
            NODE + "/classes",
            "/diagnostics");
    RosTools.Running hz = ros.start("rostopic", "hz", NODE + "/depth");
    RosTools.Running echo = ros.start("rostopic", "echo", "-n", "1", NODE + "/depth/header");
    Await.until(
        "rostopic",
        PATIENCE,
        () -> ros.run("rostopic", "info", NODE + "/depth").split("\\* /rostopic_").length == 3);
    // Slowly: every frame must come through, also where the machine is busy.
    play(bag, "/camera/rgb/image_color", "-r", "0.15");
    Await.until("rostopic hz", PATIENCE, () -> hz.output().contains("average rate"));
    assertThat(echo.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(echo.output()).contains("frame_id: \"camera_rgb_optical_frame\"");
    assertThat(ros.run("rostopic", "echo", "-n", "1", NODE + "/classes")).contains("brightness-v1");
    interrupt(recorder, 20);
    // roslaunch itself takes a second or two; it would say that it had to escalate.
    interrupt(launched, 14);
    assertThat(launched.output()).doesNotContain("escalating");
    List<String> lines = check(bag, "/camera/rgb/image_color", recorded);
    assertThat(lines)
        .contains(NODE + "/classes 1")
        .contains(NODE + "/depth 15")
        .contains(NODE + "/segmentation 15")
        .contains(NODE + "/segmentation_color 15")
        .contains("wrong 0")
        .anyMatch(line -> line.startsWith("/diagnostics "));
    double worst =
        Double.parseDouble(
            lines.stream()
                .filter(line -> line.startsWith("worst "))
                .findFirst()
                .orElseThrow()
                .substring(6));
    // OpenCV rounds each of four pixels and three channels to whole steps of 1/25.5 m.
    assertThat(worst).isLessThan(0.021);
  }

  @Test
  void perceivesCompressedImagesUnderRoslaunch() throws Exception {
    Path bag = Prerequisites.shared("data/bags/kitchen_jpeg_bz2.bag");
    Path recorded = folder.resolve("outputs.bag");
    RosTools.Running launched =
        launch("image:=/camera/rgb/image_color", "compressed:=true", "threads:=1");
    RosTools.Running recorder = record(recorded, NODE + "/depth", NODE + "/camera_info");
    play(bag, "/camera/rgb/image_color/compressed", "-u", "2");
    interrupt(recorder, 20);
    interrupt(launched, 14);
    List<String> lines = check(bag, "/camera/rgb/image_color/compressed", recorded);
    assertThat(lines).contains("wrong 0");
    int depths =
        lines.stream()
            .filter(line -> line.startsWith(NODE + "/depth "))
            .mapToInt(line -> Integer.parseInt(line.split(" ")[1]))
            .sum();
    assertThat(depths).as("of about 20 at 10 Hz; newest wins on a busy machine").isBetween(10, 21);
  }

  @Test
  void saysWhatIsWrongWithTheModelAndEnds() throws Exception {
    RosTools.Running launched =
        ros.roslaunch(
            List.of("tarsier", "perception.launch", "model:=nowhere-v9", "respawn:=false"));
    assertThat(launched.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(launched.output())
        .contains("there is no bundle 'nowhere-v9'")
        .contains(Prerequisites.root().resolve("models/nowhere-v9").toString())
        .doesNotContain("\tat dev.tarsier");
  }

  @Test
  void isFoundWhereRosUsersLookForIt() throws Exception {
    Path include = folder.resolve("robot.launch");
    Files.writeString(
        include,
        "<launch><include file=\"$(find tarsier)/launch/perception.launch\"><arg name=\"image\" value=\"/eye\"/></include></launch>");
    Path root = Prerequisites.root();
    for (Path path : List.of(root, root.resolve("launch"))) {
      assertThat(arguments(path, include.toString())).contains("image:=/eye");
      assertThat(arguments(path, "tarsier", "perception.launch")).contains("perception_node image");
      assertThat(arguments(path, root.resolve("launch/perception.launch").toString()))
          .contains("perception_node image");
    }
  }

  /** What the config file says holds where no argument is given. */
  @Test
  void argumentsThatAreNotGivenDoNotHideTheConfigFile() throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("perception.yaml"), "provider: cpu\nthreads: 1\nmodel: /opt/mine\n");
    String[] parameters =
        RosTools.roslaunch(
            Prerequisites.root(),
            List.of(
                "--dump-params",
                "tarsier",
                "perception.launch",
                "config:=" + config,
                "threads:=2"));
    assertThat(ros.run(parameters))
        .contains(NODE + "/provider: cpu", NODE + "/model: /opt/mine", NODE + "/threads: 2")
        .doesNotContain("/precision", "/mqtt", "/camera_info");
  }

  /** The command line of the node as roslaunch makes it of a launch file. */
  private String arguments(Path packagePath, String... file) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--args", NODE));
    arguments.addAll(List.of(file));
    return ros.run(RosTools.roslaunch(packagePath, arguments));
  }

  @Test
  void comesBackWhenItIsKilled() throws Exception {
    RosTools.Running launched = launch("image:=/camera/rgb/image_color");
    launched
        .process()
        .descendants()
        .filter(each -> each.info().command().orElse("").endsWith("java"))
        .forEach(ProcessHandle::destroyForcibly);
    Await.until(
        "the node again",
        PATIENCE,
        () -> launched.output().split(NODE + " perceives", -1).length == 3);
  }
}
