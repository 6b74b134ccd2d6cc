package dev.tarsier.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.training.Trainer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TableProgressTest {
  private static final Path FOLDER = Path.of("folder");
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private long nanos;

  /** Trains for so many steps of a second each, of 100. */
  private void train(TableProgress progress, String stage, int steps) {
    Trainer.Listener training = progress.training(stage, FOLDER);
    training.started(0, 100, 10);
    for (int done = 1; done <= steps; done++) {
      nanos += 1_000_000_000L;
      training.stepped(done, 1);
    }
  }

  private List<String> lines() {
    return text.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void countsWhatTheCellAndThoseAfterItStillNeed() {
    TableProgress progress =
        new TableProgress(new PrintStream(text, true, StandardCharsets.UTF_8), false, () -> nanos);
    Map<String, Recipe.Planned> trainings = new LinkedHashMap<>();
    for (String stage : List.of("teacher-1", "teacher-2", "student", "student-fine-tuned-1")) {
      trainings.put(stage, new Recipe.Planned(stage, 100));
    }
    progress.cell("taught-seed1", "", 1, 2, trainings, 1000);
    progress.finished("teacher-1", FOLDER, true);
    train(progress, "teacher-2", 30);
    assertThat(lines())
        .containsExactly(
            "  taught-seed1 teacher-2: step 30 of 100, loss 1.000, 1.00 s a step; 0:01:10 left of"
                + " it, 0:21:10 of all");
    progress.finished("teacher-2", FOLDER, false);
    train(progress, "student", 100);
    progress.finished("student", FOLDER, false);
    train(progress, "student-fine-tuned-1", 100);
    assertThat(lines().get(lines().size() - 1)).endsWith("0:00:00 left of it, 0:16:40 of all");
  }

  @Test
  void saysWhomATeacherIsFor() {
    TableProgress progress =
        new TableProgress(new PrintStream(text, true, StandardCharsets.UTF_8), false, () -> nanos);
    progress.cell("seeing-seed2", "taught-seed1", 1, 2, Map.of(), 1000);
    progress.planned(List.of());
    train(progress, "student", 30);
    assertThat(lines().get(0)).isEqualTo("[1/2] seeing-seed2, a teacher of taught-seed1");
    assertThat(lines().get(1)).startsWith("  seeing-seed2 student: step 30 of 100");
  }
}
