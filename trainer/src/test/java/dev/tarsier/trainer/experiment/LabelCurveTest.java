package dev.tarsier.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelCurveTest {
  private static final Path STUDY = Path.of("recipes", "experiments", "nyu-curve.yaml");

  @TempDir private Path out;
  private final Plan plan = Plan.of(Study.read(STUDY), "nyu-curve.yaml", Plan.Choice.NONE);

  @Test
  void drawsAPointForEachNumberOfLabels() throws IOException {
    List<CellRecord> records = new ArrayList<>();
    for (int labels : new int[] {100, 50, 25, 12}) {
      for (long seed : plan.seeds()) {
        double luck = 0.005 * seed;
        double level = 0.05 * Math.log(labels);
        records.add(StudyFixture.record(plan, "UMMT-D-" + labels, seed, level + luck, 0.9 - luck));
        records.add(
            StudyFixture.record(plan, "UMMT-PS-" + labels, seed, level + 0.03 + luck, 0.88 - luck));
      }
    }
    TableResult table = TableResult.of(plan, records);
    assertThat(LabelCurve.write(table, out)).isTrue();
    assertThat(ImageIO.read(out.resolve("curve.png").toFile()).getHeight()).isEqualTo(500);
    assertThat(Files.readString(out.resolve("curve.html")))
        .contains("UMMT-PS-12")
        .contains("Nothing yet for seeds 1, 2, 3: UMST-S-100, MMMT-D-100, ")
        .doesNotContain("class='best'");
  }

  @Test
  void drawsAPointWithoutAnyLabel() throws IOException {
    Path file = out.resolve("study.yaml");
    Files.writeString(file, Files.readString(STUDY).replace("at: 12", "at: 0"));
    Plan other = Plan.of(Study.read(file), "study.yaml", Plan.Choice.NONE);
    List<CellRecord> records =
        List.of(
            StudyFixture.record(other, "UMMT-D-12", 1, 0.1, 0.9),
            StudyFixture.record(other, "UMMT-D-100", 1, 0.2, 0.8));
    LabelCurve.write(TableResult.of(other, records), out);
    assertThat(out.resolve("curve.png")).exists();
  }

  @Test
  void drawsNothingBeforeThereIsAPoint() throws IOException {
    assertThat(LabelCurve.write(TableResult.of(plan, List.of()), out)).isFalse();
    assertThat(out).isEmptyDirectory();
  }
}
