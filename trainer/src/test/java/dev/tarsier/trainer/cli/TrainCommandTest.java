package dev.tarsier.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
}
