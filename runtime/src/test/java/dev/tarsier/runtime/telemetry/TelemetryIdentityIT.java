package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.testing.Mosquitto;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who is who at the broker, against the real mosquitto. */
@Timeout(120)
class TelemetryIdentityIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String DEFAULT_NODE = "/tarsier_perception";
  private static final TelemetryVoice.Timing QUICK = new TelemetryVoice.Timing(1000, 50, 200);

  @TempDir Path folder;
  private final RaisedConditions health = new RaisedConditions();

  @BeforeAll
  static void needMosquitto() {
    Prerequisites.programs("mosquitto");
  }

  private static TelemetryConfig config(Mosquitto broker, String robot) {
    return StrictYaml.parse(
        "{broker: '%s', robot: '%s', period_millis: 100, keep_alive_seconds: 2, retry_max_millis: 300}"
            .formatted(broker.uri(), robot),
        "test",
        TelemetryConfig.DEFAULTS);
  }

  private TelemetryPublisher start(Mosquitto broker, String robot, String node) {
    return start(broker, robot, node, health);
  }

  private static TelemetryPublisher start(
      Mosquitto broker, String robot, String node, RaisedConditions health) {
    return TelemetryPublisher.start(
        config(broker, robot), node, new SampleSource(), health, Map.of(), QUICK);
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /** What a broker does with the will of a predecessor that vanished without a word. */
  private static byte[] lateWill(TelemetryJson version, String robot, String node) {
    return version.status(
        TelemetryIdentity.newSession(robot, node),
        Instant.EPOCH,
        new Status(Status.State.OFFLINE, Status.Reason.LOST, "1", List.of()));
  }

  @Test
  void aLateLastWillDoesNotMarkTheSuccessorAsLostInEitherVersion() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        Watcher watcher = new Watcher(broker);
        TelemetryPublisher publisher = start(broker, "rover", DEFAULT_NODE)) {
      String current = publisher.topics().status();
      String old = TelemetryTopics.version1("rover").orElseThrow().status();
      assertThat(current).isEqualTo("tarsier/rover/tarsier_perception/status");
      until(() -> watcher.state(current).equals("online") && watcher.state(old).equals("online"));
      String session = watcher.last(current).get("session").asText();
      assertThat(watcher.last(old).get("session").asText()).isEqualTo(session);

      for (String topic : List.of(current, old)) {
        TelemetryJson version =
            topic.equals(old) ? TelemetryJson.VERSION_1 : TelemetryJson.VERSION_2;
        for (byte[] wrong :
            List.of(
                lateWill(version, "rover", DEFAULT_NODE),
                new byte[0], // somebody cleared it
                new byte[100_000])) {
          int before = watcher.count(topic);
          watcher.client.publish(topic, wrong, 1, true);
          until(() -> watcher.count(topic) >= before + 2);
          until(() -> watcher.state(topic).equals("online"));
          assertThat(watcher.last(topic).get("session").asText()).isEqualTo(session);
        }
      }
      try (Watcher late = new Watcher(broker)) {
        until(() -> late.state(current).equals("online") && late.state(old).equals("online"));
        Schemas.assertValid("status", late.last(current).toString());
        Schemas.assertValid("version-1/status", late.last(old).toString());
      }
    }
    assertThat(health.reasons).isEmpty();
  }

  @Test
  void bothVersionsAreClosedAtTheEndAndLostWhenKilled() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        Watcher watcher = new Watcher(broker)) {
      List<String> topics =
          List.of("tarsier/rover/tarsier_perception/status", "tarsier/rover/status");
      try (TelemetryPublisher publisher = start(broker, "rover", DEFAULT_NODE)) {
        for (String topic : topics) {
          until(() -> watcher.state(topic).equals("online"));
        }
        assertThat(publisher.connected()).isTrue();
      }
      for (String topic : topics) {
        until(() -> watcher.reason(topic).equals("closed"));
      }
      Process victim = Child.start(folder, List.of(), broker.uri());
      List<String> victims =
          List.of("tarsier/victim/tarsier_perception/status", "tarsier/victim/status");
      try {
        for (String topic : victims) {
          until(() -> watcher.state(topic).equals("online"));
        }
      } finally {
        victim.destroyForcibly().waitFor();
      }
      for (String topic : victims) {
        until(() -> watcher.reason(topic).equals("lost"));
      }
    }
  }

  @Test
  void twoNodesOfARobotHaveTopicsOfTheirOwnAndNoneOfVersion1() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        Watcher watcher = new Watcher(broker);
        TelemetryPublisher front = start(broker, "rover", "/front")) {
      try (TelemetryPublisher rear = start(broker, "rover", "/rear")) {
        until(() -> watcher.count(front.topics().metrics()) > 0);
        until(() -> watcher.count(rear.topics().metrics()) > 0);
        assertThat(watcher.last(rear.topics().metrics()).get("node").asText()).isEqualTo("rear");
      }
      until(() -> watcher.reason("tarsier/rover/rear/status").equals("closed"));
      assertThat(watcher.state("tarsier/rover/front/status")).isEqualTo("online");
      assertThat(watcher.count("tarsier/rover/status")).isZero();
    }
    assertThat(health.reasons).isEmpty();
  }

  @Test
  void twoLiveNodesOfOneNameSaySoAndDoNotAnswerForEver() throws Exception {
    RaisedConditions second = new RaisedConditions();
    String topic = "tarsier/厨房/n/status";
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        Watcher watcher = new Watcher(broker);
        TelemetryPublisher one = start(broker, "厨房", "/n")) {
      until(one::connected);
      try (TelemetryPublisher other = start(broker, "厨房", "/n", second)) {
        until(() -> !health.reasons.isEmpty() && !second.reasons.isEmpty());
        assertThat(health.reasons.get("telemetry.identity"))
            .startsWith("DEGRADED: another node tells as robot 厨房, node n too (session ");
        until(() -> watcher.last(topic).path("conflicts").size() == 1);
        // Metrics are a clock: in twenty periods nobody answers any more.
        int metrics = watcher.count(other.topics().metrics());
        until(() -> watcher.count(other.topics().metrics()) > metrics + 40);
        assertThat(watcher.count(topic)).isLessThan(10);
        assertThat(other.connections()).isEqualTo(1);
      }
      until(() -> health.reasons.isEmpty());
      until(() -> watcher.state(topic).equals("online"));
      until(() -> watcher.last(topic).path("conflicts").isEmpty());
    }
  }

  @Test
  void withoutTheRightToReadTheStatusIsRepeated() throws Exception {
    Path rights = Files.writeString(folder.resolve("acl"), "topic write tarsier/#\n");
    try (Mosquitto broker =
            Mosquitto.prepare(folder, "allow_anonymous true", "acl_file " + rights, "user root")
                .start();
        TelemetryPublisher publisher = start(broker, "rover", "/n")) {
      // mosquitto 2.0 grants such a subscription, and sends nothing; 3.1.1 allows both.
      until(() -> publisher.sent() > 10);
      assertThat(publisher.connections()).isEqualTo(1);
    }
  }

  /** The newest message of each topic, and how many there were. */
  private static final class Watcher implements AutoCloseable {
    private final Map<String, byte[]> last = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
    private final MqttClient client;

    Watcher(Mosquitto broker) throws Exception {
      client = new MqttClient(broker.uri(), MqttClient.generateClientId(), new MemoryPersistence());
      client.connect();
      client.subscribe(
          "tarsier/#",
          1,
          (topic, message) -> {
            last.put(topic, message.getPayload());
            counts.computeIfAbsent(topic, key -> new AtomicInteger()).incrementAndGet();
          });
    }

    int count(String topic) {
      AtomicInteger count = counts.get(topic);
      return count == null ? 0 : count.get();
    }

    JsonNode last(String topic) {
      byte[] json = last.getOrDefault(topic, "{}".getBytes(StandardCharsets.UTF_8));
      try {
        return new ObjectMapper().readTree(json);
      } catch (IOException e) {
        return new ObjectMapper().createObjectNode();
      }
    }

    String state(String topic) {
      return last(topic).path("state").asText();
    }

    String reason(String topic) {
      return last(topic).path("reason").asText();
    }

    @Override
    public void close() throws MqttException {
      client.disconnectForcibly(0, 100);
      client.close(true);
    }
  }
}
