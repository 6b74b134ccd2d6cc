package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.TelemetryConfig;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.internal.wire.MqttConnect;

/**
 * Who a robot says to a broker that it is.
 *
 * @param user empty = nobody in particular
 * @param password empty = none. Not modified.
 */
record BrokerLogin(String user, byte[] password) {
  /** The environment variable with the password. */
  static final String PASSWORD_VARIABLE = "TARSIER_MQTT_PASSWORD";

  private static final int MOST_BYTES = 65_535;

  /**
   * The password is the file's, else the environment's, else the configuration's.
   *
   * @param config Not modified.
   * @param environment such as {@link System#getenv()}. Not modified.
   * @throws ConfigException when there is a password and no user, the file holds none, or one of
   *     them cannot be sent
   */
  static BrokerLogin of(TelemetryConfig config, Map<String, String> environment) {
    requireSendable("user", config.user());
    requireSendable("password", config.password());
    byte[] password = config.password().getBytes(StandardCharsets.UTF_8);
    String variable = environment.getOrDefault(PASSWORD_VARIABLE, "");
    if (TelemetryConfig.isGiven(config.passwordFile())) {
      password = ofFile(config);
    } else if (!variable.isEmpty()) {
      if (config.user().isEmpty()) {
        throw new ConfigException(
            "telemetry: %s is set, and there is no user; set user".formatted(PASSWORD_VARIABLE));
      }
      requireSendable(PASSWORD_VARIABLE, variable);
      password = variable.getBytes(StandardCharsets.UTF_8);
    }
    if (password.length > MOST_BYTES) {
      throw new ConfigException(
          "telemetry: a password must have at most %d bytes, got %d"
              .formatted(MOST_BYTES, password.length));
    }
    return new BrokerLogin(config.user(), password);
  }

  private static byte[] ofFile(TelemetryConfig config) {
    String key = "password_file";
    // Two more, for the end of its line.
    byte[] bytes = SecretFiles.read(key, config.passwordFile(), MOST_BYTES + 2);
    String text = new String(bytes, StandardCharsets.UTF_8);
    String line = text.lines().findFirst().orElse("");
    if (line.isEmpty() || text.lines().count() > 1) {
      throw new ConfigException(
          "telemetry: password_file must hold one line, the password; %s has %s"
              .formatted(config.passwordFile().toAbsolutePath(), line.isEmpty() ? "none" : "more"));
    }
    requireSendable(key, line);
    SecretFiles.warnIfOthersRead(key, config.passwordFile());
    return line.getBytes(StandardCharsets.UTF_8);
  }

  /** Asks the client itself: it refuses some characters that MQTT allows, such as emoji. */
  private static void requireSendable(String setting, String text) {
    try {
      new MqttConnect("any", MqttConnectOptions.MQTT_VERSION_3_1_1, true, 0, text, null, null, null)
          .getPayload();
    } catch (IllegalArgumentException | MqttException e) {
      // without the text: it may be a password
      throw new ConfigException(
          "telemetry: %s has a character that cannot be sent to a broker (an emoji or another one beyond U+FFFF, or a control character); choose another %s"
              .formatted(setting, setting.equals("user") ? "user" : "password"));
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "BrokerLogin[user=%s, password=%s]"
        .formatted(user.isEmpty() ? "none" : user, password.length == 0 ? "none" : "given");
  }
}
