package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.testing.Prerequisites;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeOptionsTest {
  private static NodeOptions options(Map<String, Object> values) {
    return StrictYaml.bind(values, "the node's parameters", NodeOptions.DEFAULTS);
  }

  @Test
  void takesDefaultsForWhatIsNotSet() {
    assertThat(options(Map.of())).isEqualTo(NodeOptions.DEFAULTS);
    assertThat(options(Map.of("threads", 2)).threads()).isEqualTo(2);
  }

  @Test
  void namesTheNearestOfAnUnknownParameter() {
    assertThatThrownBy(() -> options(Map.of("max_age_milis", 5)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("did you mean 'max_age_millis'?");
  }

  @Test
  void refusesAnUnknownProvider() {
    assertThatThrownBy(() -> options(Map.of("provider", "npu")))
        .hasMessageContaining("provider must be auto, tensorrt, cuda or cpu, got 'npu'");
  }

  @Test
  void letsMqttAndRobotWinOverTheTelemetrySection() {
    NodeOptions options =
        options(
            Map.of(
                "mqtt",
                "tcp://a:1",
                "robot",
                "r2",
                "telemetry",
                Map.of("broker", "tcp://b:2", "robot", "r1", "user", "u")));
    assertThat(options.effectiveTelemetry().broker()).isEqualTo("tcp://a:1");
    assertThat(options.effectiveTelemetry().robot()).isEqualTo("r2");
    assertThat(options.effectiveTelemetry().user()).isEqualTo("u");
  }

  @Test
  void readsTheLaunchPackagesFileAsTheDefaults() {
    Path file = Prerequisites.root().resolve("launch/config/perception.yaml");
    assertThat(StrictYaml.read(file, NodeOptions.DEFAULTS)).isEqualTo(NodeOptions.DEFAULTS);
  }
}
