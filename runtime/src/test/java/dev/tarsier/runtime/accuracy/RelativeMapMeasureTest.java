package dev.tarsier.runtime.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.RelativeMap.Larger;
import org.junit.jupiter.api.Test;

class RelativeMapMeasureTest {
  private static final Plane METRES = plane(1, 2, 4, Float.NaN);

  private static Plane plane(float... values) {
    return Plane.ofValues(values, values.length, 1, 1);
  }

  private static Measure measure(Larger larger) {
    return Measure.of(new Head("relief", new RelativeMap(larger)), ScoredPixels.FULL);
  }

  /** 8·(1/t) − 2, which is 0 at 4 m: any scale and shift of inverse depth is right. */
  @Test
  void findsNoErrorInScaledAndShiftedInverseDepth() {
    Measure measure = measure(Larger.NEARER);
    measure.add(plane(6, 2, 0, 5), METRES);
    assertThat(measure.values().get("relief.fitted.rel")).isCloseTo(0, within(1e-12));
    assertThat(measure.values().get("relief.fitted.delta1")).isEqualTo(1);
    assertThat(measure.coverage()).isEqualTo(1);
  }

  /** Fitted to depth it is another thing: by hand, y = 14/3 − 13/14·p of p = 6, 2, 0. */
  @Test
  void judgesByTheDirectionThatIsSaid() {
    Measure measure = measure(Larger.FARTHER);
    measure.add(plane(6, 2, 0, 5), METRES);
    double mean = 7 / 3.0;
    double meanP = 8 / 3.0;
    double slope =
        ((6 - meanP) * (1 - mean) + (2 - meanP) * (2 - mean) + (0 - meanP) * (4 - mean))
            / (Math.pow(6 - meanP, 2) + Math.pow(2 - meanP, 2) + Math.pow(meanP, 2));
    double error = 0;
    double[] p = {6, 2, 0};
    double[] t = {1, 2, 4};
    for (int i = 0; i < 3; i++) {
      error += Math.abs(Math.max(0.01, mean + slope * (p[i] - meanP)) - t[i]) / t[i] / 3;
    }
    assertThat(measure.values().get("relief.fitted.rel")).isCloseTo(error, within(1e-12));
    assertThat(error).isGreaterThan(0.1);
  }

  @Test
  void countsWhatIsNoNumberAsNotCovered() {
    Measure measure = measure(Larger.FARTHER);
    measure.add(plane(1, 2, Float.NaN, 0), METRES);
    assertThat(measure.coverage()).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(measure.values().keySet())
        .containsExactlyElementsOf(
            Metrics.of(new Head("relief", new RelativeMap(Larger.FARTHER))).stream()
                .map(Metric::name)
                .toList());
  }
}
