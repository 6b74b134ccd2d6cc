package dev.tarsier.trainer.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.telemetry.BrokerProbe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class InProcessBrokerTest {
  @TempDir static Path folder;
  private static InProcessBroker broker;

  @BeforeAll
  static void start() {
    broker = InProcessBroker.start(folder);
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  @Test
  void handsMessagesOn() throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    try (MqttClient listener = client("l");
        MqttClient speaker = client("s")) {
      listener.connect();
      listener.subscribe("a/+", 1, (topic, message) -> seen.add(topic + " " + message));
      speaker.connect();
      speaker.publish("a/b", "hello".getBytes(UTF_8), 1, false);
      assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("a/b hello");
      speaker.disconnect();
      listener.disconnect();
    }
  }

  /** The robot's own client, through a WebSocket of a server that is not ours. */
  @Test
  void takesTelemetryThroughAWebSocket() throws Exception {
    TelemetryConfig config = TelemetryConfig.to(broker.uri().replace("tcp:", "ws:"));
    assertThat(BrokerProbe.ask(config, Duration.ofSeconds(20)))
        .isEqualTo(new BrokerProbe.Result(BrokerProbe.Answer.ACCEPTS, ""));
  }

  @Test
  void keepsRetainedMessagesForThoseWhoComeLate() throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    try (MqttClient speaker = client("s2");
        MqttClient late = client("l2")) {
      speaker.connect();
      speaker.publish("kept/x", "old".getBytes(UTF_8), 1, true);
      speaker.publish("kept/x", "new".getBytes(UTF_8), 1, true);
      speaker.disconnect();
      late.connect();
      late.subscribe(
          "kept/#", 1, (topic, message) -> seen.add(message + " " + message.isRetained()));
      assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("new true");
      late.disconnect();
    }
  }

  @Test
  void speaksTheLastWillOfTheLost() throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    try (MqttClient listener = client("l3");
        MqttClient victim = client("v3")) {
      listener.connect();
      listener.subscribe("will", 1, (topic, message) -> seen.add(message.toString()));
      MqttConnectOptions options = new MqttConnectOptions();
      options.setWill("will", "gone".getBytes(UTF_8), 1, true);
      victim.connect(options);
      victim.disconnectForcibly(0, 1, false);
      assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo("gone");
      listener.disconnect();
    }
  }

  private static MqttClient client(String id) throws MqttException {
    return new MqttClient(broker.uri(), id, new MemoryPersistence());
  }
}
