package dev.tarsier.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.trainer.experiment.Affinity.Answer;
import dev.tarsier.trainer.experiment.Affinity.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AffinityTest {
  private final Plan plan = StudyFixture.plan();

  private Affinity affinity(double seeing, double toldRmse, double between) {
    List<CellRecord> records =
        List.of(
            StudyFixture.record(plan, "plain", 1, 0.20 - between, 0.80 - between),
            StudyFixture.record(plan, "plain", 2, 0.20 + between, 0.80 + between),
            StudyFixture.record(plan, "seeing", 1, seeing, 0.3),
            StudyFixture.record(plan, "seeing", 2, seeing, 0.3),
            StudyFixture.record(plan, "told", 1, 0.6, toldRmse),
            StudyFixture.record(plan, "told", 2, 0.6, toldRmse));
    return Affinity.of(TableResult.of(plan, records), plan.study().affinity());
  }

  @Test
  void namesTheThreeConditions() {
    assertThat(affinity(0.24, 0.7, 0.01).condition()).contains(1);
    assertThat(affinity(0.24, 0.9, 0.01).condition()).contains(2);
    assertThat(affinity(0.16, 0.7, 0.01).condition()).contains(2);
    assertThat(affinity(0.16, 0.9, 0.01).condition()).contains(3);
    assertThat(affinity(0.24, 0.9, 0.01).sentence()).startsWith("Condition 2");
  }

  @Test
  void decidesNothingWithinTheSpread() {
    Affinity affinity = affinity(0.24, 0.9, 0.05);
    Answer answer = affinity.directions().get(0).answers().get(0);
    // by hand: gain 24 - 20; spread the root of (5² + 5²) / 1 in percent
    assertThat(answer.gain()).isCloseTo(4, within(1e-9));
    assertThat(answer.spread()).isCloseTo(Math.sqrt(50), within(1e-9));
    assertThat(answer.verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(affinity.condition()).isEmpty();
    assertThat(affinity.sentence()).contains("whether knowing depth helps classes is undecided");
  }

  @Test
  void countsLessErrorAsGain() {
    Answer answer = affinity(0.24, 0.7, 0.01).directions().get(1).answers().get(0);
    assertThat(answer.gain()).isCloseTo(0.1, within(1e-9));
    assertThat(answer.verdict()).isEqualTo(Verdict.HELPS);
  }

  @Test
  void evidenceThatIsDividedDecidesNothing() {
    List<CellRecord> records = new ArrayList<>();
    for (int seed = 1; seed <= 2; seed++) {
      records.add(StudyFixture.record(plan, "plain", seed, 0.20, 0.8));
      records.add(StudyFixture.record(plan, "seeing", seed, 0.26, 0.3));
      records.add(StudyFixture.record(plan, "taught", seed, 0.19, 0.8));
    }
    Affinity affinity =
        Affinity.of(
            TableResult.of(plan, records),
            List.of(
                new Affinity.Question(
                    "depth", "classes", "given", "seeing", "plain", "segmentation.miou"),
                new Affinity.Question(
                    "depth", "classes", "kept", "taught", "plain", "segmentation.miou")));
    assertThat(affinity.directions().get(0).answers())
        .extracting(Answer::verdict)
        .containsExactly(Verdict.HELPS, Verdict.HARMS);
    assertThat(affinity.directions().get(0).verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(affinity.sentence()).contains("whether knowing depth helps classes is undecided");
  }

  @Test
  void saysNotMeasuredWithOneSeed() {
    List<CellRecord> records =
        List.of(
            StudyFixture.record(plan, "plain", 1, 0.2, 0.8),
            StudyFixture.record(plan, "seeing", 1, 0.3, 0.3));
    Affinity affinity = Affinity.of(TableResult.of(plan, records), plan.study().affinity());
    assertThat(affinity.directions())
        .allMatch(direction -> direction.verdict() == Verdict.UNMEASURED);
    assertThat(affinity.sentence()).contains("not measured");
  }

  @Test
  void writesItsEvidence(@TempDir Path out) throws IOException {
    TableResult table = TableResult.of(plan, List.of());
    affinity(0.24, 0.9, 0.01).write(table, out);
    assertThat(Files.readString(out.resolve("affinity.html"))).contains("Condition 2", "seeing");
    assertThat(Files.readString(out.resolve("affinity.json"))).contains("\"condition\" : 2");
  }
}
