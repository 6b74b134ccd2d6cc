package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class TrainCommandTest {
  @Test
  void goesOnWithNothingWhereThereIsNoRun(@TempDir Path folder) throws Exception {
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            """
            name: never-run
            student: {data: [{kind: rendered, rooms: 1}]}
            """);
    StringWriter err = new StringWriter();
    int code =
        new CommandLine(new TrainCommand())
            .setErr(new PrintWriter(err, true))
            .execute(recipe.toString(), "--resume");
    assertThat(code).isEqualTo(1);
    assertThat(err.toString())
        .contains("there is no run in " + Path.of("runs", "never-run") + " to go on with");
  }

  @Test
  void namesASettingThatTheRecipeDoesNotTake(@TempDir Path folder) throws Exception {
    Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "name: never-run\n");
    StringWriter err = new StringWriter();
    CommandLine train = new CommandLine(new TrainCommand()).setErr(new PrintWriter(err, true));
    assertThat(train.execute(recipe.toString(), "--set", "student")).isEqualTo(2);
    assertThat(err.toString()).contains("'student' must be KEY=VALUE, such as student.epochs=20");
  }

  /** What is wrong with labels or depth, and what a user reads of it before the first step. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          bad/coco_truncated           | preset: coco | instances_train.json is no whole JSON |
          bad/cvat_mask_unknown_colour | preset: cvat | frame_0001.png has 2331 pixels of colour (80, 191, 0) | the nearest is shelf (80, 192, 0)
          bad/depth_other_size         | preset: frames | frame_0003.png is 80x60, its image is 160x120 |
          labels/cvat_mask_1.1         | images: JPEGImages, labels: ../coco_polygons_keyhole/annotations, tolerance: 1 | is no stamp |
          labels/cvat_mask_1.1         | images: JPEGImages/*.jpg, labels: SegmentationClass/frame_(*).png | none of the 4 frames of masks | one of the 6 images by name
          """)
  void namesBadDataBeforeTheFirstStep(
      String set, String keys, String first, String second, @TempDir Path folder) throws Exception {
    assertThat(train(set, keys, folder)).isEqualTo(2);
    assertThat(told).contains(first, second == null ? "" : second);
    assertThat(folder.resolve("run/student")).doesNotExist();
  }

  /** What may be right is told, and the training goes on to what else it lacks. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          bad/coco_polygon_partly_outside | preset: coco | instances_default.json: 1 shapes reach beyond their image | frame_0001.jpg
          bad/depth_mixed_scales          | preset: frames | 1 of 3 depth files look as if they were of another scale | frame_0003.png
          """)
  void tellsOfOddDataBeforeTheFirstStep(
      String set, String keys, String first, String second, @TempDir Path folder) throws Exception {
    assertThat(train(set, keys, folder)).isNotZero();
    assertThat(told).contains(first, second, "encoder_weights");
    assertThat(folder.resolve("run/student")).doesNotExist();
  }

  private String told;

  /** Ends at weights that are not there, at the latest: all data has been read by then. */
  private int train(String set, String keys, Path folder) throws IOException {
    Files.writeString(
        folder.resolve("depot.yaml"), "name: depot\nnames: [floor, crate, person, shelf]\n");
    String data =
        "[{kind: rgbd, root: %s, %s}]"
            .formatted(Prerequisites.shared("formats").resolve(set), keys);
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            """
            name: bad
            classes: depot.yaml
            student:
              network: {heads: [%s], encoder_weights: not-there.safetensors}
              data: %s
              validation: {data: %s}
            """
                .formatted(keys.contains("frames") ? "depth" : "classes", data, data));
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    try {
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      return new CommandLine(new TrainCommand())
          .setErr(new PrintWriter(err, true))
          .execute(recipe.toString(), "--out", folder.resolve("run").toString());
    } finally {
      System.setOut(before);
      told = out.toString(StandardCharsets.UTF_8) + err;
    }
  }
}
