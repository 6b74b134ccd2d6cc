package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.run.RunFolder;
import dev.tarsier.trainer.training.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ends real processes in the middle of training and lets others go on. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class TrainCommandIT {
  private static final int STEPS = 40;
  private static final String RECIPE =
      """
      name: killed
      student:
        network: {height: 48, width: 64, encoder_width: 0.25, decoder_width: 16}
        data:
          - {kind: rendered, seed: 3, rooms: 4, views: 2}
        validation:
          every_epochs: 5
          data:
            - {kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 1}
        batch: 2
        epochs: 10
        checkpoint_every_steps: 3
      export: {enabled: false}
      """;

  @TempDir private Path temp;
  private Path recipe;

  @BeforeEach
  void write() throws IOException {
    recipe = Files.writeString(temp.resolve("killed.yaml"), RECIPE);
  }

  private Process train(Path out, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx512m",
            "-Djava.awt.headless=true",
            "-Dai.djl.pytorch.num_threads=1",
            "-Dai.djl.pytorch.num_interop_threads=1",
            Tarsier.class.getName(),
            "train",
            recipe.toString(),
            "--out",
            out.toString()));
    command.addAll(List.of(more));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(log(out).toFile());
    // A long command line crashes a native library, see the launcher.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    return builder.start();
  }

  private static Path log(Path out) {
    return out.resolveSibling(out.getFileName() + ".log");
  }

  private static int stepsLogged(Path out) throws IOException {
    return RunFolder.lines(Trainer.steps(out.resolve("student"))).size();
  }

  private static void awaitSteps(Process process, Path out, int steps) throws Exception {
    while (stepsLogged(out) < steps) {
      assertThat(process.waitFor(20, TimeUnit.MILLISECONDS))
          .as(() -> "ended early: " + text(log(out)))
          .isFalse();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void finish(Process process, Path out) throws Exception {
    assertThat(process.waitFor()).as(() -> text(log(out))).isZero();
    assertThat(stepsLogged(out)).isEqualTo(STEPS);
  }

  @Test
  void goesOnToTheSameBitsAfterAKillAndAfterAnInterrupt() throws Exception {
    Path straight = temp.resolve("straight");
    finish(train(straight), straight);

    Path killed = temp.resolve("killed");
    Process first = train(killed);
    awaitSteps(first, killed, 8);
    first.destroyForcibly().waitFor();
    assertThat(stepsLogged(killed)).isLessThan(STEPS);

    Process second = train(killed, "--resume");
    awaitSteps(second, killed, 16);
    second.destroy(); // SIGTERM goes the way of Ctrl-C
    second.waitFor();
    assertThat(text(log(killed))).contains("Continue with: tarsier train");
    int stoppedAt = stepsLogged(killed);
    assertThat(stoppedAt).isBetween(16, STEPS - 1);

    finish(train(killed), killed);
    requireSameBits(killed.resolve("student"), straight.resolve("student"));
  }

  /** The losses in the log are exact, so where two runs part they name the step. */
  private static void requireSameBits(Path one, Path other) throws IOException {
    assertThat(losses(one)).as("losses of the steps").isEqualTo(losses(other));
    assertThat(Trainer.last(one)).hasSameBinaryContentAs(Trainer.last(other));
    assertThat(Trainer.best(one)).hasSameBinaryContentAs(Trainer.best(other));
  }

  private static Map<Long, Double> losses(Path student) throws IOException {
    Map<Long, Double> losses = new TreeMap<>();
    for (JsonNode line : RunFolder.lines(Trainer.steps(student))) {
      losses.put(line.path("step").asLong(), line.path("loss").asDouble());
    }
    return losses;
  }
}
