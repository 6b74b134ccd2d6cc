package dev.tarsier.trainer.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DepthSensorTest {
  private static final PinholeCamera CAMERA = PinholeCamera.nyuLike(64, 48);

  @Test
  void measuresWithStepsThatGrowWithTheSquareOfTheDistance() {
    double near = deviation(1f);
    double far = deviation(4f);
    // Uniform disparity noise and its steps: dz = z^2 / (f b) * dd, so 16 times as much at 4 m.
    assertThat(far / near).isCloseTo(16, within(4.0));
    assertThat(near).isLessThan(0.006);
  }

  @Test
  void seesNothingTooNearTooFarOrAtAGrazingAngle() {
    assertThat(measure(flat(0.4f), 1f)).containsOnly(Float.NaN);
    assertThat(measure(flat(9f), 1f)).containsOnly(Float.NaN);
    assertThat(measure(flat(2f), 0.05f)).containsOnly(Float.NaN);
    assertThat(measure(flat(2f), 1f)).doesNotContain(Float.NaN);
  }

  @Test
  void leavesAShadowBesideWhatStandsInFront() {
    float[] exact = flat(3f);
    for (int y = 0; y < 48; y++) {
      Arrays.fill(exact, y * 64, y * 64 + 30, 1f);
    }
    float[] seen = measure(exact, 1f);
    // baseline 7.5 cm, focal length 51.9: 3.9 px at 1 m less 1.3 px at 3 m
    assertThat(seen[10 * 64 + 31]).isNaN();
    assertThat(seen[10 * 64 + 40]).isNotNaN();
    assertThat(seen[10 * 64 + 20]).isNotNaN();
  }

  private static double deviation(float depth) {
    float[] seen = measure(flat(depth), 1f);
    double sum = 0;
    Set<Float> levels = new HashSet<>();
    for (float z : seen) {
      sum += (z - depth) * (z - depth);
      levels.add(z);
    }
    assertThat(levels.size()).as("quantised").isBetween(2, 8);
    return Math.sqrt(sum / seen.length);
  }

  private static float[] flat(float depth) {
    float[] exact = new float[64 * 48];
    Arrays.fill(exact, depth);
    return exact;
  }

  private static float[] measure(float[] exact, float cosine) {
    float[] slant = new float[exact.length];
    Arrays.fill(slant, cosine);
    return DepthSensor.measure(exact, slant, CAMERA, 3);
  }
}
