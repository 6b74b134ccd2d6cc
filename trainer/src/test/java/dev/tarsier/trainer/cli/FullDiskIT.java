package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.testing.FullDisk;
import dev.tarsier.trainer.network.PyTorch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full is one line that names the file and the cause. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FullDiskIT {
  private static final String RECIPE =
      """
      name: full
      student:
        network: {height: 48, width: 64, encoder_width: 0.25, decoder_width: 16}
        data:
          - {kind: rendered, seed: 3, rooms: 4, views: 2}
        validation:
          every_epochs: 1
          data:
            - {kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 1}
        batch: 2
        epochs: 1
      export: {enabled: false}
      """;

  private static final int TRAINING_FAILED = 1;

  @TempDir Path folder;

  private String isOneLine(int kibibytes, int code, String... command) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "-Dai.djl.offline=true",
                "-Dai.djl.pytorch.num_threads=1",
                Tarsier.class.getName()));
    line.addAll(List.of(command));
    FullDisk.Result result = FullDisk.run(kibibytes, line);
    assertThat(result.code()).as(result.toString()).isEqualTo(code);
    assertThat(result.errors()).as(result.toString()).hasSize(1);
    assertThat(FullDisk.halves(folder)).isEmpty();
    assertThat(result.errors().get(0)).startsWith("tarsier " + command[0] + ": ");
    return result.errors().get(0);
  }

  @Test
  void ofACheckpoint() throws Exception {
    PyTorch.newBaseManager().close(); // unpacks what the limit would keep from being unpacked
    Path recipe = Files.writeString(folder.resolve("full.yaml"), RECIPE);
    assertThat(
            isOneLine(
                200,
                TRAINING_FAILED,
                "train",
                recipe.toString(),
                "--out",
                folder.resolve("run").toString()))
        .contains(folder.resolve("run").toString())
        .endsWith(": " + FullDisk.CAUSE);
  }

  @Test
  void ofRenderedPicturesAndBags() throws Exception {
    Path bag = folder.resolve("a.bag");
    assertThat(isOneLine(8, RobotCommands.CANNOT_RUN, "synth", "--frames=3", "--bag=" + bag))
        .startsWith("tarsier synth: " + bag) // as long as it is not whole it is .active
        .endsWith(": " + FullDisk.CAUSE);
    assertThat(bag).doesNotExist();
    // so little that nothing is written before the bag is finished
    assertThat(
            isOneLine(
                8,
                RobotCommands.CANNOT_RUN,
                "synth",
                "--frames=1",
                "--width=64",
                "--height=48",
                "--bag=" + bag))
        .endsWith(": " + FullDisk.CAUSE);
    assertThat(bag).doesNotExist();
    Path pictures = folder.resolve("pictures");
    assertThat(
            isOneLine(1, RobotCommands.CANNOT_RUN, "synth", "--frames=2", "--folder=" + pictures))
        .startsWith("tarsier synth: " + pictures)
        .endsWith(": " + FullDisk.CAUSE);
    Path sheet = folder.resolve("sheet.png");
    assertThat(isOneLine(8, RobotCommands.CANNOT_RUN, "synth", "--frames=2", "--sheet=" + sheet))
        .isEqualTo("tarsier synth: " + sheet + ": " + FullDisk.CAUSE);
    assertThat(sheet).doesNotExist();
  }
}
