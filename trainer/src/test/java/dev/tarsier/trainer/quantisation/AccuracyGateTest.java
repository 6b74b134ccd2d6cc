package dev.tarsier.trainer.quantisation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AccuracyGateTest {
  private static final AccuracyGate GATE = new AccuracyGate(1, 2);
  private static final List<ClassLabel> LABELS =
      List.of(new ClassLabel(0, "floor", "#102030"), new ClassLabel(1, "wall", "#405060"));

  private static AccuracyGate.Loss loss(Head head, String metric, double before, double after) {
    List<AccuracyGate.Loss> losses =
        GATE.judge(
            List.of(head),
            List.of(
                new AccuracyGate.Compared("other", 5, "p", Map.of("x.y", 1.0), Map.of()),
                new AccuracyGate.Compared(
                    "val", 9, "p", Map.of(metric, before), Map.of(metric, after)),
                new AccuracyGate.Compared(
                    "later", 9, "p", Map.of(metric, 1.0), Map.of(metric, 1.0))));
    assertThat(losses).hasSize(1);
    return losses.get(0);
  }

  @Test
  void allowsOnePointOfMiou() {
    Head head = new Head("things", new ClassMap(LABELS, 255));

    assertThat(loss(head, "things.miou", 0.46, 0.4501).passes()).isTrue();
    assertThat(loss(head, "things.miou", 0.46, 0.4499).passes()).isFalse();
    assertThat(loss(head, "things.miou", 0.46, 0.47).passes()).isTrue();
    assertThat(loss(head, "things.miou", 0.46, 0.44))
        .hasToString("things.miou on val 0.4600 → 0.4400 (lost 2.00 points, at most 1.0)");
  }

  @Test
  void allowsTwoPercentOfAnError() {
    Head head = new Head("range", MetricMap.metres(0, 10));

    assertThat(loss(head, "range.rmse", 0.50, 0.5099).passes()).isTrue();
    assertThat(loss(head, "range.rmse", 0.50, 0.5101).passes()).isFalse();
    assertThat(loss(head, "range.rmse", 0.50, 0.49))
        .hasToString("range.rmse on val 0.5000 → 0.4900 (gained 2.00 %, at most 2.0)");
  }

  @Test
  void judgesOtherOutputsByTheirFirstFigure() {
    assertThat(loss(new Head("up", new UnitVectorMap()), "up.mean", 20, 21).lost()).isEqualTo(5);
    assertThat(loss(new Head("room", new ImageClass(LABELS)), "room.accuracy", 0.8, 0.7).passes())
        .isFalse();
  }

  @Test
  void refusesWhatIsNoNumber() {
    Head head = new Head("range", MetricMap.metres(0, 10));

    assertThat(loss(head, "range.rmse", 0.5, Double.NaN).passes()).isFalse();
  }
}
