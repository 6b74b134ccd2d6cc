package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.testing.Mosquitto;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against the real mosquitto. */
@Timeout(60)
class TelemetryPublisherIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;

  @BeforeAll
  static void needMosquitto() {
    Prerequisites.programs("mosquitto");
  }

  @Test
  void tellsAStrangerWhoComesLateAllThereIsToKnow() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        TelemetryPublisher publisher = start(config(broker))) {
      until(() -> publisher.sent() >= 3);
      try (Observer late = new Observer(broker.uri())) {
        Seen status = late.next(publisher.topics().status());
        assertThat(status.retained()).isTrue();
        assertThat(status.json().get("state").asText()).isEqualTo("online");
        Schemas.assertValid("status", status.text());
        Seen factsheet = late.next(publisher.topics().factsheet());
        assertThat(factsheet.retained()).isTrue();
        assertThat(factsheet.json().at("/bundle/name").asText()).isEqualTo("indoor-edge");
        Schemas.assertValid("factsheet", factsheet.text());
        Seen metrics = late.next(publisher.topics().metrics());
        assertThat(metrics.retained()).isFalse();
        Schemas.assertValid("metrics", metrics.text());
      }
    }
  }

  @Test
  void saysGoodbyeWhenClosed() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        Observer observer = new Observer(broker.uri())) {
      try (TelemetryPublisher publisher = start(config(broker))) {
        observer.status("online", "connected");
        until(publisher::connected);
      }
      observer.status("offline", "closed");
    }
  }

  @Test
  void theLastWillSpeaksForAKilledProcess() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        Observer observer = new Observer(broker.uri())) {
      Process victim =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx64m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  TelemetryChild.class.getName(),
                  broker.uri())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("victim.log").toFile())
              .start();
      try {
        observer.status("online", "connected");
      } finally {
        victim.destroyForcibly().waitFor();
      }
      Seen will = observer.status("offline", "lost");
      assertThat(will.json().get("robot").asText()).isEqualTo("victim");
      Schemas.assertValid("status", will.text());
    }
  }

  @Test
  void findsABrokerThatComesLater() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder);
        TelemetryPublisher publisher = start(config(broker))) {
      until(() -> publisher.skipped() >= 3);
      assertThat(publisher.connected()).isFalse();
      broker.start();
      until(publisher::connected);
      try (Observer observer = new Observer(broker.uri())) {
        observer.status("online", "connected");
      }
    }
  }

  @Test
  void comesBackToARestartedBrokerAndRepeatsWhatIsRetained() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        TelemetryPublisher publisher = start(config(broker))) {
      for (int restart = 1; restart <= 2; restart++) {
        until(publisher::connected);
        broker.kill();
        until(() -> !publisher.connected());
        broker.start();
        long expected = 1L + restart;
        until(() -> publisher.connections() == expected);
        try (Observer observer = new Observer(broker.uri())) {
          observer.status("online", "connected");
          observer.next(publisher.topics().factsheet());
          observer.next(publisher.topics().metrics());
        }
      }
    }
  }

  /** A broker that accepts each connection and is gone before it can be told anything. */
  @Test
  void goesOnTryingWhereABrokerLeavesAtOnce() throws Exception {
    byte[] accepted = {0x20, 2, 0, 0};
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        TelemetryPublisher publisher =
            start(quick("tcp://127.0.0.1:" + server.getLocalPort(), "", "", Path.of("")))) {
      server.setSoTimeout((int) PATIENCE.toMillis());
      for (int attempt = 1; attempt <= 20; attempt++) {
        try (Socket client = server.accept()) {
          assertThat(client.getInputStream().read()).as("a CONNECT packet").isEqualTo(0x10);
          client.setSoLinger(true, 0);
          client.getOutputStream().write(accepted);
          client.getOutputStream().flush();
        }
      }
      until(() -> !publisher.connected());
    }
  }

  @Test
  void closesInTimeAgainstAFrozenBroker() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder).start()) {
      TelemetryPublisher publisher = start(config(broker));
      until(publisher::connected);
      broker.signal("STOP");
      long began = System.nanoTime();
      publisher.close();
      // 900 ms are configured; the rest is for a machine that is busy with other things.
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
      broker.signal("CONT");
    }
  }

  @Test
  void leavesAFrozenBrokerAndComesBackWhenItThaws() throws Exception {
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        TelemetryPublisher publisher = start(config(broker))) {
      until(publisher::connected);
      broker.signal("STOP");
      until(() -> !publisher.connected());
      broker.signal("CONT");
      until(publisher::connected);
    }
  }

  @Test
  void startsAndClosesAtOnceWhereAPortAnswersNothing() throws Exception {
    try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      TelemetryConfig config = quick("tcp://127.0.0.1:" + mute.getLocalPort(), "", "", Path.of(""));
      long began = System.nanoTime();
      TelemetryPublisher publisher = start(config);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
      // Accepted, so that closing happens while the answer is waited for.
      mute.accept().getOutputStream().flush();
      publisher.close();
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
    }
  }

  @Test
  void needsTheRightPassword() throws Exception {
    Prerequisites.programs("mosquitto_passwd");
    Path passwords = folder.resolve("passwords");
    run("mosquitto_passwd", "-c", "-b", passwords.toString(), "robot", "right");
    try (Mosquitto broker =
        Mosquitto.prepare(
                folder, "allow_anonymous false", "password_file " + passwords, "user root")
            .start()) {
      try (TelemetryPublisher refused = start(quick(broker.uri(), "robot", "wrong", Path.of("")))) {
        until(() -> refused.skipped() >= 3);
        assertThat(refused.connections()).isZero();
      }
      try (TelemetryPublisher taken = start(quick(broker.uri(), "robot", "right", Path.of("")))) {
        until(taken::connected);
      }
    }
  }

  @Test
  void trustsOnlyTheGivenCertificates() throws Exception {
    Prerequisites.programs("openssl");
    certificate("server");
    certificate("stranger");
    try (Mosquitto broker =
        Mosquitto.prepare(
                folder,
                "allow_anonymous true",
                "certfile " + folder.resolve("server.crt"),
                "keyfile " + folder.resolve("server.key"),
                "user root")
            .start()) {
      String address = "ssl://127.0.0.1:" + broker.port();
      try (TelemetryPublisher refused =
          start(quick(address, "", "", folder.resolve("stranger.crt")))) {
        until(() -> refused.skipped() >= 3);
        assertThat(refused.connections()).isZero();
      }
      try (TelemetryPublisher trusted =
          start(quick(address, "", "", folder.resolve("server.crt")))) {
        until(trusted::connected);
      }
    }
  }

  @Test
  void refusesACaFileThatIsNone() throws Exception {
    Path text = Files.writeString(folder.resolve("ca.pem"), "no certificate");
    assertThatThrownBy(() -> start(quick("ssl://b:8883", "", "", text)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("ca_file")
        .hasMessageContaining("ca.pem");
  }

  @Test
  void aSourceThatFailsCostsOnlyItsMessages() throws Exception {
    TelemetrySource failing =
        new TelemetrySource() {
          @Override
          public Factsheet factsheet() {
            throw new IllegalStateException("no bundle");
          }

          @Override
          public Metrics metrics() {
            throw new IllegalStateException("no metrics");
          }
        };
    try (Mosquitto broker = Mosquitto.prepare(folder).start();
        TelemetryPublisher publisher = start(config(broker), failing);
        Observer observer = new Observer(broker.uri())) {
      until(() -> publisher.skipped() >= 3);
      observer.status("online", "connected");
      assertThat(publisher.connected()).isTrue();
    }
  }

  private static TelemetryPublisher start(TelemetryConfig config) {
    return start(config, new SampleSource());
  }

  private static TelemetryPublisher start(TelemetryConfig config, TelemetrySource source) {
    return TelemetryPublisher.start(config, "/tarsier_perception", source, new RaisedConditions());
  }

  private static TelemetryConfig config(Mosquitto broker) {
    return quick(broker.uri(), "", "", Path.of(""));
  }

  private static TelemetryConfig quick(String broker, String user, String password, Path ca) {
    Path none = Path.of("");
    return new TelemetryConfig(
        broker,
        "kitchen",
        user,
        password,
        none,
        ca,
        none,
        none,
        TelemetryConfig.Version1Topics.DEFAULT_NODE,
        100,
        1,
        2,
        300,
        900);
  }

  private void certificate(String name) throws Exception {
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        folder.resolve(name + ".key").toString(),
        "-out",
        folder.resolve(name + ".crt").toString());
  }

  private void run(String... command) throws IOException, InterruptedException {
    Path log = folder.resolve("command.log");
    int exit =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    assertThat(exit).as("%s: %s", String.join(" ", command), Files.readString(log)).isZero();
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private record Seen(String topic, String text, boolean retained) {
    JsonNode json() throws IOException {
      return new ObjectMapper().readTree(text);
    }
  }

  /** A subscriber to everything under {@code tarsier/}. */
  private static final class Observer implements AutoCloseable, MqttCallback {
    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();
    private final MqttClient client;

    Observer(String broker) throws MqttException {
      client = new MqttClient(broker, MqttClient.generateClientId(), new MemoryPersistence());
      client.setCallback(this);
      client.connect();
      client.subscribe("tarsier/#", 1);
    }

    Seen next(String topic) throws InterruptedException {
      return next(message -> message.topic().equals(topic), topic);
    }

    Seen status(String state, String reason) throws InterruptedException {
      return next(
          message ->
              message.topic().endsWith("/tarsier_perception/status")
                  && message.text().contains("\"state\":\"" + state + "\"")
                  && message.text().contains("\"reason\":\"" + reason + "\""),
          "status " + state + " " + reason);
    }

    private Seen next(Predicate<Seen> wanted, String what) throws InterruptedException {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      List<Seen> others = new ArrayList<>();
      while (true) {
        Seen message = seen.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        assertThat(message).as("%s; saw only %s", what, others).isNotNull();
        if (wanted.test(message)) {
          return message;
        }
        others.add(message);
      }
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
      seen.add(
          new Seen(
              topic,
              new String(message.getPayload(), StandardCharsets.UTF_8),
              message.isRetained()));
    }

    @Override
    public void connectionLost(Throwable cause) {
      // The broker was killed; the test goes on with another observer.
    }

    @Override
    public void deliveryComplete(IMqttDeliveryToken token) {
      // Publishes nothing.
    }

    @Override
    public void close() throws MqttException {
      if (client.isConnected()) {
        client.disconnectForcibly(0, 100);
      }
      client.close(true);
    }
  }
}
