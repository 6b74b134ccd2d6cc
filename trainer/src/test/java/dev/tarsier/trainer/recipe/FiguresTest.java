package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FiguresTest {
  private static Figures figures(String use, String data, Map<String, Double> values) {
    return new Figures(use, data, 10, data + "-sha", "full", values, Map.of());
  }

  /** Two tasks whose data has nothing in common: a table's row has the figures of both. */
  @Test
  void ofSeveralDataSetsEachFigureIsOfTheFirstThatHasIt() {
    Figures all =
        Figures.ofValidation(
            List.of(
                figures("validation", "digits", Map.of("digit_class.accuracy", 0.9)),
                figures(
                    "validation",
                    "characters",
                    Map.of("character_class.accuracy", 0.6, "digit_class.accuracy", 0.1)),
                figures("evaluation", "other", Map.of("third_class.accuracy", 0.3))));
    assertThat(all.values())
        .containsOnly(
            Map.entry("digit_class.accuracy", 0.9), Map.entry("character_class.accuracy", 0.6));
    assertThat(all.data()).isEqualTo("digits + characters");
    assertThat(all.frames()).isEqualTo(20);
    assertThat(all.sha256()).hasSize(64);
  }

  @Test
  void ofOneDataSetTheyAreAsTheyAre() {
    Figures one = figures("validation", "digits", Map.of("digit_class.accuracy", 0.9));
    assertThat(Figures.ofValidation(List.of(one))).isEqualTo(one);
    assertThatThrownBy(() -> Figures.ofValidation(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
