package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GateTest {
  private static final ReplayMetrics METRICS =
      new ReplayMetrics(
          List.of(
              new Head(
                  "segmentation", new ClassMap(List.of(new ClassLabel(0, "a", "#000000")), 255)),
              new Head("depth", MetricMap.metres(0, 10))));

  @ParameterizedTest
  @CsvSource({
    "depth.rmse<1.0, 0.99, true",
    "depth.rmse<1.0, 1.0, false",
    "depth.rmse<=1.0, 1.0, true",
    "depth.delta1 >= 0.5, 0.5, true",
    "depth.delta1>0.5, 0.5, false",
    "frames.dropped==0, 0, true",
    "frames.dropped=0, 1, false",
    "depth.rmse<1e1, NaN, false",
    "depth.rmse>0, NaN, false",
  })
  void judgesByItsSign(String gate, double measured, boolean passed) {
    Gate read = Gate.parse(gate, METRICS);
    assertThat(
            read.judge(
                    Map.of(read.metric().name(), new ReplayReport.Value(measured, "", "")),
                    new Coverage(9, 10, 500, 1),
                    0.3)
                .passed())
        .isEqualTo(passed);
  }

  @Test
  void failsWhenItsMetricWasNotMeasured() {
    Gate.Result result =
        Gate.parse("segmentation.miou>0.1", METRICS)
            .judge(Map.of(), new Coverage(0, 10, 0, Double.NaN), 0.3);
    assertThat(result.passed()).isFalse();
    assertThat(result.value()).isNull();
    assertThat(result.reason()).contains("not measured").contains("segmentation.miou");
  }

  @ParameterizedTest
  @CsvSource({
    "3, 10, 1.0, 0.3, true",
    "1, 4, 1.0, 0.3, false",
    "10, 10, 0.2, 0.3, false",
    "1, 4, 1.0, 0.25, true",
    "0, 0, NaN, 0.3, false",
    "1, 10, 1.0, 0, true",
  })
  void failsWhereItRestsOnTooLittle(
      long frames, long of, double share, double minimum, boolean passed) {
    Gate.Result result =
        Gate.parse("depth.rmse<1", METRICS)
            .judge(
                Map.of("depth.rmse", new ReplayReport.Value(0.5, "m", "")),
                new Coverage(frames, of, 77, share),
                minimum);
    assertThat(result.passed()).isEqualTo(passed);
    assertThat(result.value()).isEqualTo(0.5);
    assertThat(result.reason())
        .startsWith("measured 0.5 m, on %d of %d frames, 77 pixels".formatted(frames, of))
        .matches(reason -> passed != reason.contains("too little to judge by"));
  }

  @Test
  void aCountOfFramesRestsOnNothingElse() {
    Gate.Result result =
        Gate.parse("frames.dropped<=1", METRICS)
            .judge(Map.of("frames.dropped", new ReplayReport.Value(1, "frames", "")), null, 0.3);
    assertThat(result.passed()).isTrue();
    assertThat(result.reason()).isEqualTo("measured 1");
  }

  @ParameterizedTest
  @CsvSource({
    "depth_rmse<1, depth.rmse<1",
    "depth.logrmse<1, depth.log_rmse<1",
    "depth_log_rmse<1, depth.log_rmse<1",
    "classes.miou>0.1, segmentation.miou>0.1",
    "classes.pixel_accuracy>0.1, segmentation.pixel_accuracy>0.1",
  })
  void takesSpellingsOfBefore(String before, String now) {
    assertThat(Gate.parse(before, METRICS)).hasToString(now);
  }

  @Test
  void namesTheNearestAndAllMetricsForAnUnknownOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gate.parse("depth.rsme<1", METRICS))
        .withMessageContaining(
            "unknown metric 'depth.rsme'; did you mean 'depth.rmse'? Known metrics: ")
        .withMessageContaining("segmentation.miou")
        .withMessageContaining("latency.total.p99");
  }

  @ParameterizedTest
  @CsvSource({"depth.rmse", "depth.rmse!1", "<1", "depth.rmse<", "depth.rmse<1 m"})
  void saysTheFormForWhatIsNoGate(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gate.parse(text, METRICS))
        .withMessageContaining("METRIC SIGN NUMBER");
  }

  @Test
  void namesTheUnitWhenTheThresholdIsNoNumber() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gate.parse("depth.rmse<1m", METRICS))
        .withMessageContaining("'1m' is not a number")
        .withMessageContaining("is in m");
  }
}
