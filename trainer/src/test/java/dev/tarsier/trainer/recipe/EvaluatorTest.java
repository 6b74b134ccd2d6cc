package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.trainer.dataset.DataException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluatorTest {
  private static Figures figures(Map<String, Double> values) {
    return new Figures(Figures.VALIDATION, "rooms", 3, "0", "protocol", values, Map.of());
  }

  @Test
  void scoresByTheFirstDataSet() {
    Figures first = figures(Map.of("segmentation.miou", 0.5, "depth.rmse", 0.8));
    Figures second = figures(Map.of("segmentation.miou", 0.9));
    Map<String, Double> weights = Map.of("segmentation.miou", 1.0, "depth.rmse", -0.25);
    assertThat(Evaluator.verdict(List.of(first, second), weights).score())
        .isCloseTo(0.3, within(1e-9));
    assertThat(Evaluator.verdict(List.of(first, second), weights).metrics())
        .as("both are kept though they have the same name")
        .containsOnlyKeys("rooms", "rooms (2)");
  }

  @Test
  void namesAFigureThatNothingCouldBeScoredFor() {
    Figures blank = figures(Map.of("segmentation.miou", Double.NaN, "depth.rmse", 0.8));
    assertThatThrownBy(() -> Evaluator.verdict(List.of(blank), Map.of("segmentation.miou", 1.0)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("segmentation.miou on rooms is NaN")
        .hasMessageContaining("validation.score {segmentation.miou: 0}");
    Map<String, Double> depthAlone = Map.of("segmentation.miou", 0.0, "depth.rmse", -1.0);
    assertThat(Evaluator.verdict(List.of(blank), depthAlone).score()).isEqualTo(-0.8);
  }

  @Test
  void namesAScoreThatCountsNothing() {
    assertThatThrownBy(
            () ->
                Evaluator.verdict(
                    List.of(figures(Map.of("segmentation.miou", 0.5))), Map.of("depth.rmse", 1.0)))
        .hasMessageContaining("none of the figures [depth.rmse]");
  }
}
