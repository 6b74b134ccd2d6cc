package dev.tarsier.runtime.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class StageHistogramsTest {
  private static final long MILLI = 1_000_000L;

  /** Values are kept to three digits. */
  @Test
  void tellsPercentilesOfTheWindowAndOfTheWhole() {
    StageHistograms histograms = new StageHistograms();
    for (int i = 1; i <= 100; i++) {
      histograms.record(Stage.INFER, i * MILLI);
    }
    LatencySummary first = histograms.nextWindow().get(Stage.INFER);
    assertThat(first.count()).isEqualTo(100);
    assertThat(first.p50Millis()).isCloseTo(50, within(0.05));
    assertThat(first.p95Millis()).isCloseTo(95, within(0.1));
    assertThat(first.p99Millis()).isCloseTo(99, within(0.1));
    assertThat(first.maxMillis()).isCloseTo(100, within(0.1));
    histograms.record(Stage.INFER, 500 * MILLI);
    assertThat(histograms.nextWindow().get(Stage.INFER).count()).isEqualTo(1);
    assertThat(histograms.total().get(Stage.INFER).count()).isEqualTo(101);
    assertThat(histograms.total().get(Stage.INFER).maxMillis()).isCloseTo(500, within(0.5));
    assertThat(histograms.nextWindow().get(Stage.INFER)).isEqualTo(LatencySummary.NONE);
    assertThat(histograms.total().get(Stage.WAIT)).isEqualTo(LatencySummary.NONE);
  }

  @Test
  void takesDurationsThatCannotBe() {
    StageHistograms histograms = new StageHistograms();
    histograms.record(Stage.STAMP_AGE, -5);
    histograms.record(Stage.STAMP_AGE, Long.MAX_VALUE);
    assertThat(histograms.nextWindow().get(Stage.STAMP_AGE).count()).isEqualTo(2);
  }
}
