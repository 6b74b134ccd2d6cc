package dev.tarsier.trainer.quantisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ActivationHistogramTest {
  private static ActivationHistogram of(int channels, float[]... frames) {
    ActivationHistogram seen = new ActivationHistogram(channels);
    for (float[] frame : frames) {
      seen.widen(FloatBuffer.wrap(frame));
    }
    for (float[] frame : frames) {
      seen.count(FloatBuffer.wrap(frame));
    }
    return seen;
  }

  /** A bell of 20,000 values of deviation 1, and one of 20. */
  private static float[] bellWithAnOutlier() {
    Random random = new Random(1);
    float[] values = new float[20_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    values[7] = 20;
    return values;
  }

  @Test
  void keepsTheEndsOfAllFrames() {
    ActivationHistogram seen = of(1, new float[] {-1, 2}, new float[] {0.5f, 3});

    assertThat(RangeRule.MIN_MAX.of(seen)).isEqualTo(new Range(-1, 3));
  }

  @Test
  void knowsTheMeanOfEachChannel() {
    ActivationHistogram seen = of(2, new float[] {1, 3, 10, 20}, new float[] {5, 7, 30, 40});

    assertThat(seen.means()).containsExactly(4, 25);
  }

  @Test
  void percentileCutsOffASingleOutlier() {
    Range range = of(1, bellWithAnOutlier()).percentile(1e-4);

    assertThat(range.max()).isBetween(3f, 5.5f);
    assertThat(range.min()).isBetween(-5.5f, -3f);
  }

  @Test
  void leastSquaresIsAsGoodAsTheBestOfAllEndsThatAreTried() {
    float[] values = bellWithAnOutlier();
    float lowest = 0;
    for (float value : values) {
      lowest = Math.min(lowest, value);
    }
    double best = Double.MAX_VALUE;
    for (float max = 1; max <= 20; max += 0.5f) {
      best = Math.min(best, squares(values, new Range(lowest, max)));
    }
    double all = squares(values, new Range(lowest, 20));

    double found = squares(values, RangeRule.MSE.of(of(1, values)));

    assertThat(best).isLessThan(all * 0.98); // so that there is something to find
    // Bins of a hundredth of the range, and ends in steps of a 64th.
    assertThat(found).isLessThan(best * 1.02);
  }

  @Test
  void leastSquaresKeepsAllOfWhatIsEven() {
    float[] values = new float[10_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i / 1000f;
    }

    Range range = RangeRule.MSE.of(of(1, values));

    assertThat(range.max()).isEqualTo(9.999f, offset(1e-3f));
  }

  /** The sum of squared errors, computed value by value. */
  private static double squares(float[] values, Range range) {
    Scale scale = Scale.of(range);
    double sum = 0;
    for (float value : values) {
      double error = value - scale.real(scale.quantise(value));
      sum += error * error;
    }
    return sum;
  }

  @Test
  void takesATensorOfOneValue() {
    ActivationHistogram seen = of(1, new float[] {2, 2});

    for (RangeRule rule : RangeRule.values()) {
      assertThat(rule.of(seen)).isEqualTo(new Range(0, 2));
    }
  }

  @Test
  void refusesWhatIsNoNumber() {
    assertThatThrownBy(() -> of(1, new float[] {1, Float.NaN})).hasMessage("a value is NaN");
  }
}
