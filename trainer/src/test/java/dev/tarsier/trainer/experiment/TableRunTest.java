package dev.tarsier.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.run.StopSignal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Trains tables of networks that learn nothing in a few steps. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class TableRunTest {
  private static final String STUDY =
      """
      title: A table in seconds
      seeds: [1]
      steps: 4
      frames: 1
      networks: {edge: {}}
      base:
        common:
          network: {height: 32, width: 32, encoder_width: 0.25, decoder_width: 16}
          validation: {data: [{kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 1}]}
          batch: 2
          checkpoint_every_steps: 1
        export: {enabled: false}
      rows:
        - name: broken
          recipe:
            student:
              optimiser: {learning_rate: 1.0e+25}
              data: [{kind: rendered, seed: 3, rooms: 1, views: 2}]
        - name: taught
          teacher: seeing
          recipe:
            pseudo_labels: {threshold: 0.2, data: [{kind: rendered, seed: 4, rooms: 1, views: 2, labels: false}]}
            student: {data: [{kind: rendered, seed: 3, rooms: 1, views: 2}, {kind: pseudo_labels}]}
        - name: seeing
          recipe:
            student:
              network: {extra: depth}
              data: [{kind: rendered, seed: 3, rooms: 1, views: 2}]
      """;

  @TempDir private Path temp;

  /** What it says, and a stop as soon as it says what is waited for. */
  private static final class Listening extends ByteArrayOutputStream {
    private final StopSignal stop = new StopSignal();
    private final String stopAt;

    Listening(String stopAt) {
      this.stopAt = stopAt;
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      super.write(bytes, offset, length);
      if (!stopAt.isEmpty() && toString(StandardCharsets.UTF_8).contains(stopAt)) {
        stop.stop();
      }
    }
  }

  private TableRun.Outcome run(String folder, Listening heard, String... rows) throws Exception {
    Study study = StrictYaml.parse(STUDY, "seconds.yaml", Study.class);
    Plan plan =
        Plan.of(
            study,
            "seconds.yaml",
            new Plan.Choice(null, null, null, null, 0, List.of(), List.of(rows)));
    Path out = temp.resolve(folder);
    return TableRun.run(
        new TableRun.Request(
            plan, temp.resolve("seconds.yaml"), out, temp.resolve(folder + "-store")),
        heard.stop,
        new PrintStream(heard, true, StandardCharsets.UTF_8),
        false);
  }

  private List<CellRecord> records(String folder) throws IOException {
    return new ExperimentFolder(temp.resolve(folder)).records();
  }

  private long trainings(String folder) throws IOException {
    try (Stream<Path> stages = Files.list(temp.resolve(folder + "-store"))) {
      return stages.filter(stage -> stage.getFileName().toString().startsWith("training-")).count();
    }
  }

  @Test
  void aRowThatFailsIsToldAndTheOthersAreMade() throws Exception {
    Listening heard = new Listening("");
    TableRun.Outcome outcome = run("table", heard);

    assertThat(outcome.finished()).isFalse();
    assertThat(outcome.failures())
        .singleElement()
        .asString()
        .startsWith("broken-seed1: student: what the network says of ")
        .contains("no number", "rendered", "learning_rate", "after step 1");
    assertThat(records("table")).extracting(CellRecord::row).containsExactly("seeing", "taught");
    assertThat(trainings("table")).as("seeing is trained once, for itself and taught").isEqualTo(3);
    CellRecord seeing = records("table").get(0);
    assertThat(records("table").get(1).teachers()).containsExactly(seeing.checkpointSha256());
    assertThat(temp.resolve("table/table.md"))
        .content()
        .contains("- Nothing yet for seed 1: broken");
    assertThat(temp.resolve("table/table.html")).content().contains("<img ");
  }

  @Test
  void whatWasStoppedGoesOnToTheSameNetworks() throws Exception {
    assertThat(run("straight", new Listening(""), "taught", "seeing").finished()).isTrue();

    Listening early = new Listening("taught-seed1 teacher-1: score");
    TableRun.Outcome stopped = run("table", early, "taught", "seeing");
    assertThat(stopped.finished()).as(early.toString(StandardCharsets.UTF_8)).isFalse();
    assertThat(stopped.failures()).isEmpty();
    assertThat(records("table")).isEmpty();
    assertThat(run("table", new Listening(""), "taught", "seeing").finished()).isTrue();
    assertThat(records("table"))
        .extracting(CellRecord::checkpointSha256)
        .isEqualTo(records("straight").stream().map(CellRecord::checkpointSha256).toList());

    Listening again = new Listening("");
    assertThat(run("table", again, "taught", "seeing").finished()).isTrue();
    assertThat(again.toString(StandardCharsets.UTF_8)).doesNotContain("step ");
  }
}
