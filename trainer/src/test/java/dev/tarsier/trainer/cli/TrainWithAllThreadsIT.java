package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.trainer.network.InstructionSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A training as users start it: by the launcher, with all of the machine's threads. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class TrainWithAllThreadsIT {
  /** The quick recipe's network, image size and batch; fewer frames and steps. */
  private static final String RECIPE =
      """
      name: threads
      student:
        network: {height: 120, width: 160, encoder_width: 0.5, decoder_width: 64}
        data:
          - {kind: rendered, seed: 7, rooms: 4, views: 4}
        validation:
          data:
            - {kind: rendered, seed: 7, first_room: 100000, rooms: 3, views: 2}
        batch: 8
        epochs: 3
      export: {version: "1", golden_frames: 2}
      """;

  @TempDir private Path temp;

  @Test
  void givesTheModelThatTheNetworkIs() throws Exception {
    Path root = Path.of(System.getProperty("tarsier.root"));
    Path out = temp.resolve("run");
    Path log = temp.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(
                root.resolve("tarsier").toString(),
                "train",
                Files.writeString(temp.resolve("threads.yaml"), RECIPE).toString(),
                "--out",
                out.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    // It was built just now; a user's own number of threads is not what is tried.
    builder.environment().put("TARSIER_NO_BUILD", "1");
    builder.environment().put("TARSIER_JAVA_OPTS", "-Xmx1g");
    builder.environment().keySet().removeAll(List.of("TARSIER_THREADS", InstructionSet.VARIABLE));
    int code = builder.start().waitFor();
    String said = Files.readString(log);
    assertThat(code).as(said).isZero();
    assertThat(said).contains("one by one and 8 at once: classes agree on");
    JsonNode record = new ObjectMapper().readTree(out.resolve("run.json").toFile());
    assertThat(record.path("threads").asInt())
        // As many as nproc says, which knows no container's share of time.
        .isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(record.path("instructions").asText()).isNotEmpty();
    assertThat(out.resolve("bundle").resolve("model.onnx")).isNotEmptyFile();
  }
}
