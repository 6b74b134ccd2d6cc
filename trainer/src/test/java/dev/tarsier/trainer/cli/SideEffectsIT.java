package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.WatchedProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A workstation's processes contact nobody, and leave nothing behind. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SideEffectsIT {
  private static final String RECIPE =
      """
      name: quiet
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
      """;

  @TempDir Path folder;

  private void isQuiet(String name, String home, String... command) throws Exception {
    Prerequisites.programs("strace");
    List<String> line =
        new ArrayList<>(
            List.of(
                "-Xmx512m",
                "-Djava.awt.headless=true",
                "-Dai.djl.offline=true",
                "-Dai.djl.pytorch.num_threads=1",
                Tarsier.class.getName()));
    line.addAll(List.of(command));
    try (WatchedProcess process =
        new WatchedProcess(
            folder.resolve(name),
            home,
            List.of("DJL_OFFLINE=true", "OPT_OUT_TRACKING=true"),
            line)) {
      assertThat(process.await()).as(process.output()).isZero();
      assertThat(process.contacted()).as(process.output()).isEmpty();
      assertThat(process.leftBehind()).as(process.output()).isEmpty();
    }
  }

  @Test
  void trainingAndExport() throws Exception {
    Path recipe = Files.writeString(folder.resolve("quiet.yaml"), RECIPE);
    isQuiet("train", "", "train", recipe.toString(), "--out", folder.resolve("run").toString());
  }

  @Test
  void rendering() throws Exception {
    isQuiet(
        "synth",
        "/nowhere",
        "synth",
        "--frames=2",
        "--width=64",
        "--height=48",
        "--bag=" + folder.resolve("a.bag"),
        "--folder=" + folder.resolve("a"),
        "--sheet=" + folder.resolve("a.png"),
        "--compression=LZ4");
  }
}
