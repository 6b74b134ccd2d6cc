package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.truth.DepthUnit;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaleAdviceTest {
  private static final DepthUnit MILLIMETRE = new DepthUnit(0.001, "by convention");

  @ParameterizedTest
  @CsvSource({
    "10.2, 0.001, 0.0001",
    "25.9, 0.001, 0.0001",
    "1200, 0.001, 0.00000083",
    "4.1, 0.001, 0.00025",
    "0.24, 0.00025, 0.001",
    "0.09, 0.0001, 0.001",
    "1000, 1, 0.001",
    "5.2, 0.001, 0.0002",
    "3.4, 0.001, 0.00025",
    "0.0011, 0.001, 1",
    "0.12, 0.001, 0.01",
  })
  void aRatioBeyondThreeIsSaidWithTheUnitThatWouldFit(double ratio, double unit, String fits) {
    assertThat(ScaleAdvice.of(null, "", "depth", ratio, 0.2, new DepthUnit(unit, "as given")))
        .singleElement()
        .satisfies(said -> assertThat(said).contains(fits + " m would fit: --depth-unit " + fits));
  }

  @Test
  void otherUnitsInUseThatAreNearAreNamedToo() {
    // as TUM's data sets count, with a model that is off by more than 2
    assertThat(ScaleAdvice.of(null, "", "depth", 13, 0.2, MILLIMETRE).get(0))
        .endsWith(
            "0.0001 m would fit: --depth-unit 0.0001 (0.0002 m is in use too and near; the camera's manual tells which).");
    assertThat(ScaleAdvice.of(null, "", "depth", 0.25, 0.2, MILLIMETRE).get(0))
        .contains("0.00390625 m would fit");
  }

  @Test
  void noUnitIsPromisedWhereScalingDoesNotHelp() {
    assertThat(ScaleAdvice.of(null, "", "depth", 26.6, 0.9, MILLIMETRE))
        .singleElement()
        .satisfies(
            said ->
                assertThat(said)
                    .contains("no unit would mend it", "is_bigendian", "90 %")
                    .doesNotContain("--depth-unit"));
    assertThat(ScaleAdvice.of(null, "", "depth", 26.6, 0.9, null).get(0))
        .doesNotContain("is_bigendian");
  }

  @Test
  void aRatioThatANetworkCanBeWrongByIsNoUnit() {
    assertThat(ScaleAdvice.of(null, "", "depth", 2.5, 0.2, MILLIMETRE)).isEmpty();
    assertThat(ScaleAdvice.of(null, "", "depth", Double.NaN, 0.2, MILLIMETRE)).isEmpty();
    assertThat(ScaleAdvice.of(1.02, "", "depth", 0.5, 0.2, MILLIMETRE)).isEmpty();
  }

  @Test
  void whatIsSaidOfTheFocalLengthAgreesWithWhatWasMeasured() {
    String camera = "585 px against 260 px.";
    assertThat(ScaleAdvice.of(2.25, camera, "depth", 2.2, 0.2, MILLIMETRE))
        .isEqualTo(
            List.of(
                camera
                    + " That explains the measured depth.scale of 2.20; judge shape by"
                    + " depth.aligned.*."));
    assertThat(ScaleAdvice.of(1.13, camera, "depth", 1.01, 0.2, MILLIMETRE).get(0))
        .as("nearer to none than to the focal length's")
        .endsWith("the measured depth.scale is 1.01 all the same.");
    assertThat(ScaleAdvice.of(2.25, camera, "depth", 1.1, 0.2, MILLIMETRE))
        .isEqualTo(
            List.of(
                camera
                    + " Depth is not corrected for that; the measured depth.scale is 1.10 all the"
                    + " same."));
    assertThat(ScaleAdvice.of(2.25, camera, "depth", Double.NaN, 0.2, null))
        .singleElement()
        .satisfies(said -> assertThat(said).contains("no truth").doesNotContain("depth.scale"));
    assertThat(ScaleAdvice.of(4.0, camera, "depth", 4.1, 0.2, MILLIMETRE))
        .as("a telephoto lens is no wrong unit")
        .singleElement()
        .satisfies(said -> assertThat(said).contains("explains").doesNotContain("--depth-unit"));
  }
}
