package dev.tarsier.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.telemetry.TelemetryTopics;
import dev.tarsier.runtime.testing.Prerequisites;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TelemetryConfigTest {
  @Test
  void hasNoBrokerUnlessOneIsGiven() {
    assertThat(TelemetryConfig.DEFAULTS.enabled()).isFalse();
    assertThat(TelemetryConfig.to("tcp://b:1883").enabled()).isTrue();
  }

  @Test
  void isReadFromYaml() {
    TelemetryConfig read =
        StrictYaml.parse(
            "broker: ssl://b:8883\nrobot: kitchen bot/1\nuser: u\npassword: secret\n",
            "t.yaml",
            TelemetryConfig.DEFAULTS);
    assertThat(read.broker()).isEqualTo("ssl://b:8883");
    assertThat(read.robot()).isEqualTo("kitchen_bot_1");
    assertThat(read.periodMillis()).isEqualTo(1000);
  }

  @Test
  void neverShowsThePassword() {
    TelemetryConfig read =
        StrictYaml.parse(
            "broker: tcp://b\nuser: u\npassword: secret\n", "t.yaml", TelemetryConfig.DEFAULTS);
    assertThat(read.toString()).doesNotContain("secret");
    assertThatThrownBy(() -> TelemetryConfig.to("tcp://u:secret@b:1883"))
        .hasMessageContaining("keys of their own")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "localhost:1883", "http://b", "tcp://", "tcp://a b"})
  void refusesWhatIsNoBroker(String broker) {
    assertThatThrownBy(() -> TelemetryConfig.to(broker))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("broker must be")
        .hasMessageContaining(broker);
  }

  @Test
  void refusesAPeriodThatWouldFlood() {
    assertThatThrownBy(
            () -> StrictYaml.parse("period_millis: 1\n", "t.yaml", TelemetryConfig.DEFAULTS))
        .hasMessage("t.yaml: period_millis must be 100 to 3600000, got 1");
  }

  @ParameterizedTest
  @CsvSource({
    "kitchen,kitchen",
    "a/b+c#d,a_b_c_d",
    "'  two words ',two_words",
    "'###',robot",
    "'',robot",
    "Ünïcode-1.local,_n_code-1.local"
  })
  void makesNamesSafeForTopics(String wanted, String safe) {
    assertThat(RobotName.sanitised(wanted)).isEqualTo(safe);
  }

  @Test
  void namesThisMachine() {
    assertThat(RobotName.ofThisMachine()).matches("[A-Za-z0-9._-]{1,64}");
  }

  @Test
  void knowsTheProductsVersion() {
    assertThat(ProductVersion.text()).matches("\\d+\\.\\d+\\.\\d+.*");
  }

  @Test
  void everyKeyAndTopicIsDocumentedWithItsDefault() throws Exception {
    String page = Files.readString(Prerequisites.root().resolve("docs/telemetry.md"));
    StrictYaml.write(TelemetryConfig.DEFAULTS)
        .lines()
        .filter(line -> line.contains(": "))
        .forEach(
            line -> {
              String key = line.substring(0, line.indexOf(':'));
              String value = line.substring(line.indexOf(':') + 2);
              assertThat(page).contains("`" + key + "`");
              if (value.matches("\\d+")) {
                assertThat(page).contains("`%s` | %s |".formatted(key, value));
              }
            });
    TelemetryTopics topics = TelemetryTopics.of("x");
    for (String topic : List.of(topics.status(), topics.factsheet(), topics.metrics())) {
      assertThat(page).contains("`" + topic.replace("/x/", "/<robot>/") + "`");
    }
  }
}
