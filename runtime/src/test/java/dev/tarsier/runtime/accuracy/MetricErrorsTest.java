package dev.tarsier.runtime.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricErrorsTest {
  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** The reference's inputs are float64; here they are rounded to float32, about 1e-7 relative. */
  @Test
  void agreesWithTheReference() throws Exception {
    GoldenFile golden = new GoldenFile("metrics_depth.json");
    MetricErrors errors = new MetricErrors(ScoredPixels.FULL);
    for (int i = 0; i < 2; i++) {
      errors.add(floats(golden.input("pred", i)), floats(golden.input("gt", i)), 3, 2);
    }
    MetricErrors.Summary summary = errors.summary();
    assertThat((double) summary.pixels()).isEqualTo(golden.output("n_valid"));
    assertThat(summary.abs()).isCloseTo(golden.output("abs_err"), within(1e-6));
    assertThat(summary.rel()).isCloseTo(golden.output("rel_err"), within(1e-6));
    assertThat(summary.rmse()).isCloseTo(golden.output("rmse"), within(1e-6));
    assertThat(summary.logRmse()).isCloseTo(golden.output("log_rmse"), within(1e-6));
    assertThat(summary.delta1()).isCloseTo(golden.output("delta1"), within(1e-12));
    assertThat(summary.delta2()).isCloseTo(golden.output("delta2"), within(1e-12));
    assertThat(summary.delta3()).isCloseTo(golden.output("delta3"), within(1e-12));
  }

  @Test
  void seesThatOnlyTheScaleIsWrong() {
    MetricErrors errors = new MetricErrors(ScoredPixels.FULL);
    MetricErrors.ImageError image = errors.add(new float[] {1, 2, 3}, new float[] {2, 4, 6}, 3, 1);
    errors.add(new float[] {2, 4, 6}, new float[] {1, 2, 3}, 3, 1);
    assertThat(image.scale()).isEqualTo(2);
    assertThat(image.abs()).isEqualTo(2);
    assertThat(image.rmse()).isCloseTo(Math.sqrt(14.0 / 3), within(1e-12));
    assertThat(errors.summary().abs()).isEqualTo(2);
    assertThat(errors.summary().bias()).isZero();
    assertThat(errors.medianAligned().abs()).isCloseTo(0, within(1e-12));
    assertThat(errors.medianAligned().delta1()).isEqualTo(1);
    // Scales 2 and 1/2: the geometric mean is 1, the logarithms spread by ln 2.
    assertThat(errors.scale()).isCloseTo(1, within(1e-12));
    assertThat(errors.scaleError()).isCloseTo(0, within(1e-12));
    assertThat(errors.scaleSpread()).isCloseTo(Math.log(2), within(1e-9));
  }

  @Test
  void scalesByTheMedianThatSortingFinds() {
    Random random = new Random(7);
    for (int length = 1; length < 400; length++) {
      float[] predicted = new float[length];
      float[] truth = new float[length];
      int kinds = 1 + random.nextInt(2 * length);
      for (int i = 0; i < length; i++) {
        predicted[i] = 0.5f + random.nextInt(kinds); // with many equal ones
        truth[i] = length % 3 == 0 ? i + 1 : 0.1f + random.nextFloat();
      }
      MetricErrors errors = new MetricErrors(ScoredPixels.FULL);
      assertThat(errors.add(predicted, truth, length, 1).scale())
          .isEqualTo(median(truth) / median(predicted));
    }
  }

  private static double median(float[] values) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[middle]
        : 0.5 * ((double) sorted[middle - 1] + sorted[middle]);
  }

  @Test
  void leavesOutUnknownTruthAndCountsMissingPredictions() {
    MetricErrors errors = new MetricErrors(ScoredPixels.FULL);
    float nan = Float.NaN;
    errors.add(
        new float[] {1, 1, 1, 1, nan, 3},
        new float[] {0, nan, -1, Float.POSITIVE_INFINITY, 2, 2},
        6,
        1);
    assertThat(errors.summary().pixels()).isEqualTo(1);
    assertThat(errors.summary().abs()).isEqualTo(1);
    assertThat(errors.coverage()).isEqualTo(0.5);
  }

  @Test
  void hasNoErrorWithoutTruth() {
    MetricErrors errors = new MetricErrors(ScoredPixels.FULL);
    MetricErrors.ImageError image = errors.add(new float[] {1}, new float[] {0}, 1, 1);
    assertThat(image.pixels()).isZero();
    assertThat(errors.summary().rmse()).isNaN();
    assertThat(errors.scale()).isNaN();
    assertThat(errors.images()).isEqualTo(1);
  }

  @Test
  void cropsAsEigenDid() {
    assertThat(ScoredPixels.EIGEN.firstRow(480)).isEqualTo(45);
    assertThat(ScoredPixels.EIGEN.endRow(480)).isEqualTo(471);
    assertThat(ScoredPixels.EIGEN.firstColumn(640)).isEqualTo(41);
    assertThat(ScoredPixels.EIGEN.endColumn(640)).isEqualTo(601);
    // At half the size pixel 22 covers rows 44 and 45, its centre lies on the edge.
    assertThat(ScoredPixels.EIGEN.firstRow(240)).isEqualTo(22);
    assertThat(ScoredPixels.EIGEN.endRow(240)).isEqualTo(235);
    assertThat(ScoredPixels.EIGEN.firstColumn(320)).isEqualTo(20);
    assertThat(ScoredPixels.EIGEN.endColumn(320)).isEqualTo(300);
    float[] truth = new float[480 * 640];
    Arrays.fill(truth, 2);
    MetricErrors errors = new MetricErrors(ScoredPixels.EIGEN);
    errors.add(truth.clone(), truth, 640, 480);
    assertThat(errors.summary().pixels()).isEqualTo(426L * 560);
  }

  @Test
  void capsByName() {
    MetricErrors errors = new MetricErrors(ScoredPixels.of("cap10"));
    errors.add(new float[] {12, 5}, new float[] {9, 11}, 2, 1);
    assertThat(errors.summary().pixels()).isEqualTo(1);
    assertThat(errors.summary().abs()).isEqualTo(1);
    assertThatThrownBy(() -> ScoredPixels.of("garg"))
        .hasMessageContaining("full, eigen, cap10 or eigen+cap10");
  }

  @Test
  void scoresAtTheSizeOfTheTruth() {
    MetricErrors errors = new MetricErrors(ScoredPixels.FULL);
    FloatBuffer predicted = FloatBuffer.wrap(new float[] {1, 2});
    FloatBuffer truth = FloatBuffer.wrap(new float[] {1, 1, 2, 2, 1, 1, 2, 2});
    errors.add(predicted, 2, 1, truth, 4, 2);
    assertThat(errors.summary().pixels()).isEqualTo(8);
    assertThat(errors.summary().abs()).isZero();
  }
}
