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

  /**
   * A loop that takes each pixel by itself. A verdict is not to depend on how fast it was found.
   */
  @Test
  void givesToTheLastBitWhatAPlainLoopGives() {
    for (ScoredPixels protocol :
        new ScoredPixels[] {ScoredPixels.FULL, ScoredPixels.EIGEN, ScoredPixels.CAP10}) {
      Random random = new Random(11);
      MetricErrors errors = new MetricErrors(protocol);
      PlainErrors plain = new PlainErrors(protocol);
      for (int[] size : new int[][] {{40, 30, 80, 60}, {64, 48, 60, 45}, {50, 40, 50, 40}}) {
        float[] predicted = values(size[0] * size[1], random);
        float[] truth = values(size[2] * size[3], random);
        MetricErrors.ImageError image =
            errors.add(
                FloatBuffer.wrap(predicted),
                size[0],
                size[1],
                FloatBuffer.wrap(truth),
                size[2],
                size[3]);
        double scale = plain.add(predicted, size[0], size[1], truth, size[2], size[3]);
        assertThat(image.scale()).isEqualTo(scale);
      }
      assertThat(errors.summary()).isEqualTo(plain.summary());
      assertThat(errors.medianAligned()).isEqualTo(plain.aligned());
      assertThat(errors.coverage()).isEqualTo(plain.raw[0] / plain.truePixels);
    }
  }

  /**
   * Counts of millimetres and values between them, far ones, unknown ones, and what is no depth.
   */
  private static float[] values(int length, Random random) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      float metres = 0.3f + 12 * random.nextFloat() * random.nextFloat();
      values[i] =
          switch (random.nextInt(20)) {
            case 0 -> Float.NaN;
            case 1 -> 0;
            case 2 -> -metres;
            case 3 -> Float.POSITIVE_INFINITY;
            case 4 -> 1e-12f;
            case 5, 6, 7, 8, 9, 10 -> (float) (Math.round(1000 * metres) * 0.001);
            default -> metres;
          };
    }
    return values;
  }

  /** Errors as their definitions say them, in the order of the pixels. */
  private static final class PlainErrors {
    private final ScoredPixels protocol;
    private final double[] raw = new double[9];
    private final double[] aligned = new double[9];
    private long truePixels;

    PlainErrors(ScoredPixels protocol) {
      this.protocol = protocol;
    }

    double add(float[] predicted, int width, int height, float[] truth, int columns, int rows) {
      float[] p = new float[truth.length];
      float[] t = new float[truth.length];
      int scored = 0;
      for (int y = protocol.firstRow(rows); y < protocol.endRow(rows); y++) {
        for (int x = protocol.firstColumn(columns); x < protocol.endColumn(columns); x++) {
          float wanted = truth[y * columns + x];
          if (wanted > 0 && !Float.isInfinite(wanted) && wanted <= protocol.capMetres()) {
            truePixels++;
            int nearest =
                (int) ((2L * y + 1) * height / (2L * rows)) * width
                    + (int) ((2L * x + 1) * width / (2L * columns));
            if (!Float.isNaN(predicted[nearest])) {
              p[scored] = predicted[nearest];
              t[scored++] = wanted;
            }
          }
        }
      }
      double scale = median(Arrays.copyOf(t, scored)) / median(Arrays.copyOf(p, scored));
      for (int i = 0; i < scored; i++) {
        add(raw, Math.min(p[i], protocol.capMetres()), t[i]);
        add(aligned, Math.min(p[i] * scale, protocol.capMetres()), t[i]);
      }
      return scale;
    }

    private static void add(double[] sums, double p, double t) {
      double positive = Math.max(p, 1e-9);
      double log = Math.log(t) - Math.log(positive);
      sums[0]++;
      sums[1] += Math.abs(p - t);
      sums[2] += Math.abs(p - t) / t;
      sums[3] += (positive - t) * (positive - t);
      sums[4] += log * log;
      for (int i = 0; i < 3; i++) {
        sums[5 + i] += p > 0 && Math.max(p / t, t / p) < Math.pow(1.25, i + 1) ? 1 : 0;
      }
      sums[8] += p - t;
    }

    MetricErrors.Summary summary() {
      double n = raw[0];
      return new MetricErrors.Summary(
          (long) n,
          raw[1] / n,
          raw[2] / n,
          Math.sqrt(raw[3] / n),
          Math.sqrt(raw[4] / n),
          raw[5] / n,
          raw[6] / n,
          raw[7] / n,
          raw[8] / n);
    }

    MetricErrors.Aligned aligned() {
      double n = aligned[0];
      return new MetricErrors.Aligned(
          (long) n, aligned[1] / n, aligned[2] / n, Math.sqrt(aligned[3] / n), aligned[5] / n);
    }
  }
}
