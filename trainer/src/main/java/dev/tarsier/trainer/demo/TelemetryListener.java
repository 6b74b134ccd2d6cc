package dev.tarsier.trainer.demo;

import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.telemetry.TelemetryIdentity;
import dev.tarsier.runtime.telemetry.TelemetryTopics;
import java.io.IOException;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** An operator's MQTT client. Written on the client's thread, read by any; guarded by its lock. */
final class TelemetryListener implements AutoCloseable {
  private final MqttClient client;
  private final TelemetryTopics topics;
  private final String subscribed;
  private int status;
  private int factsheets;
  private int metrics;
  private String state = "";

  TelemetryListener(String broker, String robot) throws MqttException {
    this.topics = TelemetryTopics.of(robot, TelemetryIdentity.DEFAULT_NODE);
    this.subscribed = topics.status().replaceFirst("[^/]*$", "#");
    this.client = new MqttClient(broker, MqttClient.generateClientId(), new MemoryPersistence());
    client.connect();
    client.subscribe(subscribed, 1, (topic, message) -> onMessage(topic, message.getPayload()));
  }

  private synchronized void onMessage(String topic, byte[] json) throws IOException {
    if (topic.equals(topics.status())) {
      status++;
      state = Json.parse(json).path("state").asText();
    } else if (topic.equals(topics.factsheet())) {
      factsheets++;
    } else if (topic.equals(topics.metrics())) {
      metrics++;
    }
  }

  /** What has come so far. */
  synchronized DemoResult.Telemetry seen() {
    return new DemoResult.Telemetry(status, factsheets, metrics, state, subscribed);
  }

  @Override
  public void close() throws MqttException {
    try {
      client.disconnectForcibly(0, 500);
    } finally {
      client.close(true);
    }
  }
}
