package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GateTest {
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
    Gate read = Gate.parse(gate);
    assertThat(
            read.judge(Map.of(read.metric().name(), new ReplayReport.Value(measured, "", "")))
                .passed())
        .isEqualTo(passed);
  }

  @Test
  void failsWhenItsMetricWasNotMeasured() {
    Gate.Result result = Gate.parse("classes.miou>0.1").judge(Map.of());
    assertThat(result.passed()).isFalse();
    assertThat(result.value()).isNull();
    assertThat(result.reason()).contains("not measured").contains("classes.miou");
  }

  @Test
  void namesTheNearestAndAllMetricsForAnUnknownOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gate.parse("depth.rsme<1"))
        .withMessageContaining("unknown metric 'depth.rsme'; did you mean 'depth.rmse'?")
        .withMessageContaining("classes.miou")
        .withMessageContaining("latency.total.p99");
  }

  @ParameterizedTest
  @CsvSource({"depth.rmse", "depth.rmse!1", "<1", "depth.rmse<", "depth.rmse<1 m"})
  void saysTheFormForWhatIsNoGate(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gate.parse(text))
        .withMessageContaining("METRIC SIGN NUMBER");
  }

  @Test
  void namesTheUnitWhenTheThresholdIsNoNumber() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gate.parse("depth.rmse<1m"))
        .withMessageContaining("'1m' is not a number")
        .withMessageContaining("is in m");
  }
}
