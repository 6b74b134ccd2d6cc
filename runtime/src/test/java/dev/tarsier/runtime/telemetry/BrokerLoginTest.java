package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.config.TelemetryConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BrokerLoginTest {
  private static final Map<String, String> VARIABLE = Map.of("TARSIER_MQTT_PASSWORD", "of-env");

  @TempDir Path folder;

  private static TelemetryConfig config(String more) {
    return StrictYaml.parse("broker: tcp://b\n" + more, "test", TelemetryConfig.DEFAULTS);
  }

  private static String password(TelemetryConfig config, Map<String, String> environment) {
    BrokerLogin login = BrokerLogin.of(config, environment);
    String password = new String(login.password(), StandardCharsets.UTF_8);
    if (!password.isEmpty()) {
      assertThat(login.toString()).doesNotContain(password);
    }
    return password;
  }

  private TelemetryConfig file(String content) throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), content);
    return config("user: u\npassword: of-parameter\npassword_file: %s\n".formatted(file));
  }

  @Test
  void theFileWinsOverTheVariableAndThatOverTheParameter() throws Exception {
    assertThat(password(file("of-file\n"), VARIABLE)).isEqualTo("of-file");
    assertThat(password(config("user: u\npassword: of-parameter\n"), VARIABLE)).isEqualTo("of-env");
    assertThat(password(config("user: u\npassword: of-parameter\n"), Map.of()))
        .isEqualTo("of-parameter");
    assertThat(password(config("user: u\n"), Map.of())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"päss wörd#", "päss wörd#\n", "päss wörd#\r\n"})
  void takesTheLineWithoutItsEnd(String content) throws Exception {
    assertThat(password(file(content), Map.of())).isEqualTo("päss wörd#");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "one\ntwo\n", "\n\nlate"})
  void refusesAFileThatIsNotOneLineAndShowsNothingOfIt(String content) throws Exception {
    TelemetryConfig config = file(content);
    assertThatThrownBy(() -> BrokerLogin.of(config, Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("password_file must hold one line")
        .hasMessageContaining(folder.resolve("secret").toString())
        .hasMessageNotContaining("two")
        .hasMessageNotContaining("late");
  }

  @Test
  void refusesAFileThatIsNone() {
    for (Path path : new Path[] {folder, folder.resolve("absent"), Path.of("/dev/zero")}) {
      TelemetryConfig config = config("user: u\npassword_file: %s\n".formatted(path));
      assertThatThrownBy(() -> BrokerLogin.of(config, Map.of()))
          .hasMessageContaining("password_file must be a readable file, got " + path);
    }
  }

  @Test
  void refusesAPasswordThatMqttCannotCarry() throws Exception {
    TelemetryConfig config = file("x".repeat(65_536));
    assertThatThrownBy(() -> BrokerLogin.of(config, Map.of())).hasMessageContaining("65535 bytes");
  }

  @Test
  void refusesAVariableWithoutAUser() {
    assertThatThrownBy(() -> BrokerLogin.of(config(""), VARIABLE))
        .hasMessageContaining("TARSIER_MQTT_PASSWORD is set, and there is no user")
        .hasMessageNotContaining("of-env");
  }

  @ParameterizedTest
  @ValueSource(strings = {"secret\ud83d\ude00", "secret\u0007", "secret\ufffe"})
  void refusesWhatTheClientCannotSendAndNamesTheSetting(String text) throws Exception {
    for (String setting : List.of("user", "password")) {
      TelemetryConfig config =
          config(
              "%s: \"%s\"\n%s"
                  .formatted(setting, escaped(text), setting.equals("user") ? "" : "user: u\n"));
      assertThatThrownBy(() -> BrokerLogin.of(config, Map.of()))
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("telemetry: " + setting + " has a character")
          .hasMessageNotContaining("secret");
    }
    assertThatThrownBy(() -> BrokerLogin.of(file(text), Map.of()))
        .hasMessageStartingWith("telemetry: password_file has a character")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(
            () -> BrokerLogin.of(config("user: u\n"), Map.of("TARSIER_MQTT_PASSWORD", text)))
        .hasMessageStartingWith("telemetry: TARSIER_MQTT_PASSWORD has a character");
    assertThat(password(config("user: Jürgen 厨房\n"), Map.of())).isEmpty();
  }

  /** As YAML writes it: it refuses control characters as they are. */
  private static String escaped(String text) {
    return text.codePoints()
        .mapToObj(c -> c < 128 && c >= 32 ? Character.toString(c) : "\\U%08x".formatted(c))
        .collect(Collectors.joining());
  }
}
