package dev.tarsier.runtime.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Where a task is a value, no code knows one by name. The same as the command in CONTRIBUTING.md,
 * which also lists the packages that are still to follow.
 */
class TaskNamesTest {
  private static final Pattern NAME =
      Pattern.compile(
          "\"(segmentation|depth|classes)\"|\\b(Segmentation|Depth)\\b|\\b(SEGMENTATION|DEPTH)\\b");
  private static final Pattern COMMENT = Pattern.compile("\\s*(\\*|//|/\\*).*|import .*");

  private static final List<String> CLEAN =
      List.of(
          "bench/src/main",
          "runtime/src/main/java/dev/tarsier/runtime/accuracy",
          "runtime/src/main/java/dev/tarsier/runtime/config",
          "runtime/src/main/java/dev/tarsier/runtime/health",
          "runtime/src/main/java/dev/tarsier/runtime/inference",
          "runtime/src/main/java/dev/tarsier/runtime/pipeline",
          "runtime/src/main/java/dev/tarsier/runtime/scene",
          "runtime/src/main/java/dev/tarsier/runtime/task",
          "runtime/src/main/java/dev/tarsier/runtime/telemetry",
          "ros/src/main/java/dev/tarsier/ros/bag",
          "ros/src/main/java/dev/tarsier/ros/cli",
          "ros/src/main/java/dev/tarsier/ros/doctor",
          "ros/src/main/java/dev/tarsier/ros/frame",
          "ros/src/main/java/dev/tarsier/ros/node",
          "ros/src/main/java/dev/tarsier/ros/port",
          "ros/src/main/java/dev/tarsier/ros/replay",
          "ros/src/main/java/dev/tarsier/ros/ros1",
          "trainer/src/main/java/dev/tarsier/trainer/cli",
          "trainer/src/main/java/dev/tarsier/trainer/demo",
          "trainer/src/main/java/dev/tarsier/trainer/evaluation",
          "trainer/src/main/java/dev/tarsier/trainer/experiment",
          "trainer/src/main/java/dev/tarsier/trainer/export",
          "trainer/src/main/java/dev/tarsier/trainer/loss",
          "trainer/src/main/java/dev/tarsier/trainer/objective",
          "trainer/src/main/java/dev/tarsier/trainer/run",
          "trainer/src/main/java/dev/tarsier/trainer/training");

  @Test
  void standInNoCodeThatGoesOverTasks() throws IOException {
    List<String> found = new ArrayList<>();
    for (String folder : CLEAN) {
      try (Stream<Path> tree = Files.walk(Prerequisites.root().resolve(folder))) {
        for (Path file : tree.filter(each -> each.toString().endsWith(".java")).toList()) {
          for (String line : Files.readAllLines(file)) {
            if (NAME.matcher(line).find() && !COMMENT.matcher(line).matches()) {
              found.add(file.getFileName() + ": " + line.strip());
            }
          }
        }
      }
    }
    assertThat(found).isEmpty();
  }
}
