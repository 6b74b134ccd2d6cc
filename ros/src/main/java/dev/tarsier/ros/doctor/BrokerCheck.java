package dev.tarsier.ros.doctor;

import dev.tarsier.runtime.config.TelemetryConfig;
import java.util.List;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** Whether an MQTT broker answers as one. */
final class BrokerCheck implements Check {
  private static final String GROUP = "Telemetry";

  @Override
  public int order() {
    return 30;
  }

  @Override
  public List<Finding> examine(Surroundings surroundings) {
    String broker = TelemetryConfig.to(surroundings.broker()).broker();
    int seconds = (int) Math.max(1, surroundings.patience().toSeconds());
    try (MqttClient client =
        new MqttClient(broker, MqttClient.generateClientId(), new MemoryPersistence())) {
      MqttConnectOptions options = new MqttConnectOptions();
      options.setConnectionTimeout(seconds);
      client.setTimeToWait(surroundings.patience().toMillis());
      client.connect(options);
      client.disconnect();
      return List.of(Finding.ok(GROUP, "MQTT broker", broker + " answers"));
    } catch (MqttException e) {
      boolean refused =
          e.getReasonCode() == MqttException.REASON_CODE_NOT_AUTHORIZED
              || e.getReasonCode() == MqttException.REASON_CODE_FAILED_AUTHENTICATION;
      if (refused) {
        return List.of(
            Finding.ok(GROUP, "MQTT broker", broker + " answers, and asks for a password"));
      }
      return List.of(
          Finding.missing(
              GROUP,
              "MQTT broker",
              "no answer from " + broker,
              "watching robots from elsewhere; perception and demo need none",
              "Debian: apt install mosquitto; or name yours with --broker tcp://host:1883"));
    }
  }
}
