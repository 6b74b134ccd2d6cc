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

/** A task is a value: no code knows one by name. The same as the command in CONTRIBUTING.md. */
class TaskNamesTest {
  private static final Pattern NAME =
      Pattern.compile(
          "\"(segmentation|depth|classes)\"|\\b(Segmentation|Depth)\\b|\\b(SEGMENTATION|DEPTH)\\b");
  private static final Pattern COMMENT = Pattern.compile("\\s*(\\*|//|/\\*).*|import .*");

  /**
   * What must name a task: the tasks, a format of long ago, and what data sets call their files.
   */
  private static final Pattern EXEMPT =
      Pattern.compile(
          "trainer/task/.*|runtime/model/FirstSchema.java|ros/truth/ImageStream.java"
              + "|trainer/dataset/depth/(Npz|Exr)Depth.java"
              + "|trainer/dataset/label/CocoLabels.java"
              + "|trainer/dataset/rgbd/(FrameFiles|Preset|RgbdFiles).java"
              + "|trainer/dataset/(RgbdSample|NyuFolder|NyuV2|BagFrames|BagSource).java"
              + "|trainer/render/Rendered(Folder|Masks).java");

  private static final List<String> MODULES = List.of("runtime", "ros", "trainer", "bench");

  @Test
  void standInNoCodeThatGoesOverTasks() throws IOException {
    List<String> found = new ArrayList<>();
    for (String module : MODULES) {
      Path sources = Prerequisites.root().resolve(module).resolve("src/main/java/dev/tarsier");
      try (Stream<Path> tree = Files.walk(sources)) {
        for (Path file : tree.filter(each -> each.toString().endsWith(".java")).toList()) {
          String name = sources.relativize(file).toString().replace('\\', '/');
          if (EXEMPT.matcher(name).matches()) {
            continue;
          }
          for (String line : Files.readAllLines(file)) {
            if (NAME.matcher(line).find() && !COMMENT.matcher(line).matches()) {
              found.add(name + ": " + line.strip());
            }
          }
        }
      }
    }
    assertThat(found).isEmpty();
  }
}
