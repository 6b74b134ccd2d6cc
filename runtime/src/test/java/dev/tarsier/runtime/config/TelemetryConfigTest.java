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
            "broker: ssl://b:8883\nrobot: 厨房 1/2\nuser: u\npassword: secret\n",
            "t.yaml",
            TelemetryConfig.DEFAULTS);
    assertThat(read.broker()).isEqualTo("ssl://b:8883");
    assertThat(read.robot()).isEqualTo("厨房 1/2");
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
  @ValueSource(
      strings = {
        "localhost",
        "localhost:1883",
        "http://b",
        "tcp://",
        "tcp://:1883",
        "tcp://a b",
        "tcp://a:0",
        "tcp://a:65536",
        "tcp://a:x",
        "tcp://a/topic",
        "tcp://a?x",
        "tcp://::1",
        "tcp://[::1",
        "tcp://a\nb"
      })
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
    "tcp://b, b, 1883, false",
    "mqtt://mqtt_broker, mqtt_broker, 1883, false",
    "MQTTS://mqtt_broker, mqtt_broker, 8883, true",
    "ssl://b.local.:1, b.local., 1, true",
    "tcp://10.0.0.1:7, 10.0.0.1, 7, false",
    "tcp://[::1]:7, ::1, 7, false",
    "mqtt://[fe80::1%eth0], fe80::1%eth0, 1883, false",
    "mqtt://broker.1/, broker.1, 1883, false",
    "ws://b, b, 80, false",
    "wss://_b-/mqtt, _b-, 443, true"
  })
  void takesSchemesAndHostsOfTheField(String broker, String host, int port, boolean encrypted) {
    BrokerAddress address = TelemetryConfig.to(broker).address();
    assertThat(address.host()).isEqualTo(host);
    assertThat(address.port()).isEqualTo(port);
    assertThat(address.encrypted()).isEqualTo(encrypted);
    assertThat(BrokerAddress.parse(address.toString())).isEqualTo(address);
  }

  @Test
  void knowsThePathOfAWebSocket() {
    assertThat(BrokerAddress.parse("ws://b:9001").path()).isEqualTo("/");
    assertThat(BrokerAddress.parse("wss://b/mqtt?x=1").path()).isEqualTo("/mqtt?x=1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp://u:secret@b", "u:secret@b", "tcp://u:sec/secret@b", "x://secret@b"})
  void neverShowsASecretInAnAddress(String broker) {
    assertThatThrownBy(() -> TelemetryConfig.to(broker)).hasMessageNotContaining("secret");
  }

  @Test
  void wantsTlsForCertificatesAndACertificateForAKey() {
    assertThatThrownBy(() -> parse("broker: tcp://b\nca_file: ca.pem\n").requireWhole())
        .hasMessageContaining("ca_file is for an encrypted connection")
        .hasMessageContaining("tcp://b:1883");
    assertThatThrownBy(() -> parse("broker: ws://b\ncertificate_file: c.pem\n").requireWhole())
        .hasMessageContaining("certificate_file is for an encrypted connection");
    assertThatThrownBy(() -> parse("broker: ssl://b\nkey_file: k.pem\n").requireWhole())
        .hasMessageContaining("key_file must come with a certificate_file");
    assertThatThrownBy(() -> parse("broker: ssl://b\npassword: secret\n").requireWhole())
        .hasMessageContaining("a password must come with a user")
        .hasMessageNotContaining("secret");
    parse("broker: ssl://b\ncertificate_file: c.pem\nkey_file: k.pem\n").requireWhole();
  }

  private static TelemetryConfig parse(String yaml) {
    return StrictYaml.parse(yaml, "t.yaml", TelemetryConfig.DEFAULTS);
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\t\n", "\u3000"})
  void refusesANameWithNothingToSee(String name) {
    assertThatThrownBy(() -> TelemetryConfig.DEFAULTS.withRobot(name))
        .hasMessageContaining("robot must have a character that is not white space");
  }

  @Test
  void refusesANameThatIsTooLongAndSaysHowLong() {
    assertThat(RobotName.checked("厨".repeat(128))).hasSize(128);
    assertThatThrownBy(() -> TelemetryConfig.DEFAULTS.withRobot("🤖".repeat(129)))
        .hasMessageContaining("robot must be at most 128 characters, got 129: '🤖");
    assertThatThrownBy(() -> RobotName.checked("a\uD83E"))
        .hasMessageContaining("robot must be Unicode text");
  }

  @Test
  void namesThisMachine() {
    assertThat(RobotName.ofThisMachine()).isNotBlank();
    assertThat(TelemetryConfig.DEFAULTS.withRobot("").robot()).isEqualTo(RobotName.ofThisMachine());
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
    TelemetryTopics topics = TelemetryTopics.of("x", "y");
    for (String topic : List.of(topics.status(), topics.factsheet(), topics.metrics())) {
      assertThat(page).contains("`" + topic.replace("/x/y/", "/<robot>/<node>/") + "`");
    }
  }
}
