package dev.tarsier.ros;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is ROS 1 stays below {@code ros1}, so that ROS 2 can stand beside it. */
class StructureTest {
  private static final String ROS = "dev.tarsier.ros.";

  /** Those of replay that read a bag or write one; the others judge and know of no ROS at all. */
  private static final Set<String> READS_BAGS =
      Set.of(
          "Replay.java",
          "BagTopics.java",
          "CameraTrack.java",
          "OutputRecorder.java",
          "ReplaySummary.java",
          "TruthQueue.java",
          "TruthTopic.java");

  /** Imports of this module's packages, as {@code file: import}. */
  private static List<String> imports(String folder, String... forbidden) throws IOException {
    Path sources =
        Prerequisites.root().resolve("ros/src/main/java/dev/tarsier/ros").resolve(folder);
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        for (String line : Files.readAllLines(file)) {
          for (String each : forbidden) {
            if (line.startsWith("import " + ROS + each)) {
              found.add(file.getFileName() + ": " + line);
            }
          }
        }
      }
    }
    return found;
  }

  @Test
  void nodeAndPortsKnowOfNoRos1() throws IOException {
    for (String folder : List.of("port", "node")) {
      assertThat(imports(folder, "ros1.", "bag.")).as(folder).isEmpty();
    }
    assertThat(imports("port", "")).filteredOn(line -> !line.contains("ros.port.")).isEmpty();
  }

  @Test
  void replayJudgesWithoutBagsAndMeetsMessagesInTheAdapterAlone() throws IOException {
    assertThat(imports("replay", "ros1."))
        .filteredOn(line -> !line.contains(".ros1.adapter."))
        .isEmpty();
    assertThat(imports("replay", "ros1.", "bag."))
        .filteredOn(line -> !READS_BAGS.contains(line.substring(0, line.indexOf(':'))))
        .isEmpty();
  }

  @Test
  void ros1KnowsThePortsAndNothingElseThatUsesIt() throws IOException {
    assertThat(imports("ros1", "node.", "replay.", "truth.", "bag.", "cli.", "doctor.")).isEmpty();
    for (String folder : List.of("ros1/message", "ros1/graph", "ros1/transport", "ros1/master")) {
      assertThat(imports(folder, "ros1.adapter.", "bag.", "port.Calibration", "port.ImageToFrame"))
          .as(folder)
          .isEmpty();
    }
  }
}
