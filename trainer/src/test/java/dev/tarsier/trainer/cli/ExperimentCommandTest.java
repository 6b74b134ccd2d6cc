package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.trainer.experiment.Study;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ExperimentCommandTest {
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return new CommandLine(new ExperimentCommand())
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void knowsItsFourExperiments() {
    assertThat(new CommandLine(new ExperimentCommand()).getSubcommands())
        .containsKeys("toy", "table", "affinity", "curve");
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("toy, table, affinity or curve");
  }

  @Test
  void makesThePapersRowsUnlessAskedForMore() {
    Study table = Study.read(Path.of("recipes/experiments/nyu-table.yaml"));
    Study curve = Study.read(Path.of("recipes/experiments/nyu-curve.yaml"));
    TableCommand command = new TableCommand();
    assertThat(command.rows(List.of(), table))
        .containsExactly(
            "UMST-S", "FMST", "UMMT-D", "UMMT", "MMST", "MMMT-D", "MMMT-S", "UMMT-PD", "UMMT-PS");
    assertThat(command.rows(List.of("UMMT", "UMMT-x4"), table)).containsExactly("UMMT", "UMMT-x4");
    assertThat(command.rows(List.of("all"), table)).isEmpty();
    assertThat(new AffinityCommand().rows(List.of(), table))
        .contains("MMST")
        .doesNotContain("FMST");
    assertThat(new CurveCommand().rows(List.of(), curve)).hasSize(curve.rows().size());
  }

  @Test
  void drawsNoCurveOfAStudyWithoutOne() {
    Study table = Study.read(Path.of("recipes/experiments/nyu-balancing.yaml"));
    assertThatThrownBy(() -> new CurveCommand().rows(List.of(), table))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the study has no curve");
  }

  @Test
  void namesASizeThatIsNone() {
    assertThat(run("table", "--study", "recipes/experiments/nyu-table.yaml", "--size", "big"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--size must be height x width").contains("'big'");
  }

  @Test
  void namesStepsThatAreNone() {
    assertThat(run("table", "--study", "recipes/experiments/nyu-table.yaml", "--steps", "0"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--steps must be 1 or more, got 0");
  }

  @Test
  void namesClassesThatAreNone() {
    assertThat(run("table", "--study", "recipes/experiments/nyu-table.yaml", "--classes", "12"))
        .isEqualTo(2);
    assertThat(err.toString())
        .contains("--classes must be 13, 40 or one of [nyu13")
        .contains("'12'");
  }

  @Test
  void namesAStudyThatIsNotThere(@TempDir Path folder) {
    assertThat(run("curve", "--study", folder.resolve("no.yaml").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("no.yaml").contains("there is no such file");
  }
}
