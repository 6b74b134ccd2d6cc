package dev.tarsier.trainer.pseudolabel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DepthFitTest {
  /**
   * What a network says that knows all, and a sensor that errs.
   *
   * @param wrong share of the sensor's pixels that are anything
   * @param noise relative, of the others, evenly spread
   */
  private static DepthFit.Pixels pixels(
      int count, boolean nearer, double scale, double shift, double wrong, double noise) {
    SplittableRandom random = new SplittableRandom(5);
    double[] said = new double[count];
    double[] metres = new double[count];
    for (int i = 0; i < count; i++) {
      double actual = 0.5 + 7.5 * random.nextDouble();
      said[i] = ((nearer ? 1 / actual : actual) - shift) / scale;
      metres[i] =
          random.nextDouble() < wrong
              ? 0.5 + 7.5 * random.nextDouble()
              : actual * (1 + noise * (2 * random.nextDouble() - 1));
    }
    return new DepthFit.Pixels(said, metres);
  }

  @ParameterizedTest
  @CsvSource({
    "true, 0.01, 0.05, 0, 0, 1e-9",
    "true, 2.5, -0.3, 0.3, 0, 1e-6",
    "true, 0.004, 0.02, 0.3, 0.04, 0.02",
    "false, 3, 0.5, 0, 0, 1e-9",
    "false, 0.2, -1, 0.3, 0.04, 0.02"
  })
  void findsScaleAndShiftBetweenWrongPixels(
      boolean nearer, double scale, double shift, double wrong, double noise, double tolerance) {
    // Chance agreement of wrong pixels pulls by far less than the noise.
    double slack = wrong > 0 ? 0.02 : tolerance;
    DepthFit fit = DepthFit.of(pixels(20_000, nearer, scale, shift, wrong, noise), nearer, 1);
    assertThat(fit.holds()).isTrue();
    assertThat(fit.inliers()).isBetween(1 - wrong - 0.01, 1 - wrong + 0.12);
    for (double metres : new double[] {0.6, 1, 3, 7}) {
      double said = ((nearer ? 1 / metres : metres) - shift) / scale;
      assertThat(fit.metres(said)).isCloseTo(metres, within(slack * metres));
    }
    assertThat(fit.scale()).isCloseTo(scale, within(Math.max(slack, tolerance) * scale));
  }

  @Test
  void leastSquaresOverAllWouldBeFarOff() {
    // The same wrong pixels drag a plain fit away, so the test above can fail.
    DepthFit.Pixels all = pixels(20_000, false, 0.2, -1, 0.3, 0);
    double meanX = 0;
    double meanY = 0;
    for (int i = 0; i < all.said().length; i++) {
      meanX += all.said()[i] / all.said().length;
      meanY += all.metres()[i] / all.said().length;
    }
    double covariance = 0;
    double variance = 0;
    for (int i = 0; i < all.said().length; i++) {
      covariance += (all.said()[i] - meanX) * (all.metres()[i] - meanY);
      variance += (all.said()[i] - meanX) * (all.said()[i] - meanX);
    }
    assertThat(covariance / variance).isLessThan(0.2 * 0.8);
  }

  @Test
  void doesNotHoldWhereMostPixelsContradict() {
    DepthFit fit = DepthFit.of(pixels(5_000, true, 1, 0, 0.6, 0), true, 1);
    assertThat(fit.inliers()).isBetween(0.4, 0.59);
    assertThat(fit.holds()).isFalse();
  }

  @Test
  void doesNotHoldWithFewPixels() {
    DepthFit fit = DepthFit.of(pixels(99, true, 1, 0, 0, 0), true, 1);
    assertThat(fit.inliers()).isEqualTo(1);
    assertThat(fit.holds()).isFalse();
    assertThat(DepthFit.of(pixels(100, true, 1, 0, 0, 0), true, 1).holds()).isTrue();
    assertThat(DepthFit.of(pixels(0, true, 1, 0, 0, 0), true, 1).scale()).isZero();
  }

  @Test
  void demandsAPositiveScale() {
    assertThat(DepthFit.of(pixels(5_000, true, -1, 2, 0, 0), true, 1).holds()).isFalse();
    assertThat(DepthFit.of(pixels(5_000, false, -1, 9, 0, 0), false, 1).holds()).isFalse();
  }

  @Test
  void findsNothingInAMapThatSaysOneThingEverywhere() {
    DepthFit.Pixels pixels = pixels(500, true, 1, 0, 0, 0);
    DepthFit fit = DepthFit.of(new DepthFit.Pixels(new double[500], pixels.metres()), true, 1);
    assertThat(fit.scale()).isZero();
    assertThat(fit.holds()).isFalse();
    assertThat(fit.metres(0)).isNaN();
  }

  @Test
  void isTheSameAgain() {
    DepthFit.Pixels pixels = pixels(10_000, true, 1, 0.1, 0.3, 0.05);
    assertThat(DepthFit.of(pixels, true, 7)).isEqualTo(DepthFit.of(pixels, true, 7));
  }

  @Test
  void saysNothingWhereInverseDepthIsNoneAndTrustsWhatIsFarBeyondTheSensorLess() {
    DepthFit fit = new DepthFit(true, 1, -0.1, 1000, 1, 1, 4);
    assertThat(fit.metres(0.1)).isNaN();
    assertThat(fit.metres(0.05)).isNaN();
    assertThat(fit.metres(0.35)).isCloseTo(4, within(1e-9));
    assertThat(fit.support(2)).isEqualTo(1);
    assertThat(fit.support(8)).isEqualTo(0.5);
    assertThat(fit.support(0.5)).isEqualTo(0.5);
  }
}
