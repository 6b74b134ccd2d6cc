package dev.tarsier.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.Golden;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeltaMTest {
  private static final List<Column> METRICS =
      List.of(
          Column.named("segmentation.miou"),
          Column.named("segmentation.pixel_accuracy"),
          Column.named("depth.abs"),
          Column.named("depth.rel"));

  /** Which baseline each printed table is set against. */
  private static final Map<String, String> DATA =
      Map.of("I", "cityscapes", "III", "nyu", "VII", "cityscapes", "VIII", "nyu");

  private static Map<Column, Double> values(JsonNode metrics) {
    Map<Column, Double> values = new LinkedHashMap<>();
    for (int i = 0; i < METRICS.size(); i++) {
      values.put(METRICS.get(i), metrics.get(i).asDouble());
    }
    return values;
  }

  @Test
  void isWhatAnIndependentComputationMakesOfThePrintedTables() throws IOException {
    JsonNode golden = Golden.read("delta_m");
    int rows = 0;
    for (Map.Entry<String, JsonNode> table : golden.path("outputs").properties()) {
      for (JsonNode row : table.getValue()) {
        String of = DATA.get(table.getKey());
        Map<Column, Double> baseline = values(golden.path("inputs").path("baseline_" + of));
        assertThat(DeltaM.of(baseline, values(row.path("metrics"))))
            .as("table %s, %s", table.getKey(), row.path("row").asText())
            .isCloseTo(row.path("recomputed_percent").asDouble(), within(1e-9));
        rows++;
      }
    }
    assertThat(rows).isEqualTo(18);
  }

  @Test
  void isUnknownWhereAMetricIs() {
    Map<Column, Double> baseline = Map.of(METRICS.get(0), 40.0, METRICS.get(2), 0.5);
    // by hand: (44 - 40) / 40 = 0.1 and -(0.4 - 0.5) / 0.5 = 0.2
    assertThat(DeltaM.of(baseline, Map.of(METRICS.get(0), 44.0, METRICS.get(2), 0.4)))
        .isCloseTo(15, within(1e-9));
    assertThat(DeltaM.of(baseline, Map.of(METRICS.get(0), 44.0))).isNaN();
    assertThat(DeltaM.of(Map.of(METRICS.get(0), 0.0), Map.of(METRICS.get(0), 44.0))).isNaN();
  }
}
