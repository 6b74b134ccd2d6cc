package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.config.TelemetryConfig;
import dev.tarsier.runtime.testing.Mosquitto;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Certificates and hosts, against the real mosquitto and with keys of the real openssl. */
@Timeout(180)
class BrokerTlsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;

  @BeforeEach
  void makeCertificates() throws Exception {
    Prerequisites.programs("mosquitto", "openssl");
    sh(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
            + " -subj /CN=ca -keyout ca.key -out ca.crt");
    signed("server", "ec -pkeyopt ec_paramgen_curve:prime256v1", "IP:127.0.0.1,DNS:mqtt_broker");
    signed("ec", "ec -pkeyopt ec_paramgen_curve:secp384r1", "DNS:robot");
    signed("rsa", "rsa:2048", "DNS:robot");
    signed("ed", "ed25519", "DNS:robot");
  }

  private void signed(String name, String key, String names) throws Exception {
    Files.writeString(folder.resolve(name + ".ext"), "subjectAltName=" + names + "\n");
    sh(
        ("openssl req -newkey %2$s -nodes -subj /CN=%1$s -keyout %1$s.key -out %1$s.csr && openssl"
                + " x509 -req -in %1$s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2"
                + " -extfile %1$s.ext -out %1$s.crt")
            .formatted(name, key));
  }

  private void sh(String command) throws Exception {
    Path log = folder.resolve("command.log");
    int exit =
        new ProcessBuilder("sh", "-c", command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    assertThat(exit).as("%s: %s", command, Files.readString(log)).isZero();
  }

  private TelemetryConfig config(String broker, String certificate, String key) {
    return StrictYaml.parse(
        "{broker: '%s', ca_file: '%s', certificate_file: '%s', key_file: '%s'}"
            .formatted(broker, folder.resolve("ca.crt"), certificate, key),
        "test",
        TelemetryConfig.DEFAULTS);
  }

  private String at(String file) {
    return folder.resolve(file).toString();
  }

  private Mosquitto broker(String... more) throws Exception {
    String[] lines =
        new String[] {
          "allow_anonymous true",
          "certfile " + at("server.crt"),
          "keyfile " + at("server.key"),
          "user root",
          String.join("\n", more)
        };
    return Mosquitto.prepare(folder, lines).start();
  }

  private static BrokerProbe.Result ask(TelemetryConfig config) throws Exception {
    return BrokerProbe.ask(config, PATIENCE);
  }

  @Test
  void showsItsCertificateWithAKeyInEachForm() throws Exception {
    sh("openssl ec -in ec.key -out ec.sec1");
    sh("openssl rsa -in rsa.key -traditional -out rsa.pkcs1");
    sh("cat ec.crt ec.key > both.pem");
    assertThat(Files.readString(folder.resolve("ec.sec1"))).contains("BEGIN EC PRIVATE KEY");
    assertThat(Files.readString(folder.resolve("rsa.pkcs1"))).contains("BEGIN RSA PRIVATE KEY");
    try (Mosquitto broker = broker("cafile " + at("ca.crt"), "require_certificate true")) {
      String address = "mqtts://127.0.0.1:" + broker.port();
      for (List<String> each :
          List.of(
              List.of("ec.crt", "ec.key"),
              List.of("ec.crt", "ec.sec1"),
              List.of("rsa.crt", "rsa.key"),
              List.of("rsa.crt", "rsa.pkcs1"),
              List.of("ed.crt", "ed.key"),
              List.of("both.pem", ""))) {
        String key = each.get(1).isEmpty() ? "" : at(each.get(1));
        BrokerProbe.Result result = ask(config(address, at(each.get(0)), key));
        assertThat(result.answer())
            .as("%s: %s", each, result)
            .isEqualTo(BrokerProbe.Answer.ACCEPTS);
      }
      assertThat(ask(config(address, "", "")).answer()).isEqualTo(BrokerProbe.Answer.NONE);
    }
  }

  @Test
  void saysOnceThatACertificateIsAskedFor() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(TelemetryVoice.class);
    Level before = logger.getLevel();
    for (String version : List.of("tlsv1.3", "tlsv1.2")) {
      ListAppender<ILoggingEvent> said = new ListAppender<>();
      said.start();
      logger.setLevel(Level.WARN);
      logger.addAppender(said);
      try (Mosquitto broker =
              broker(
                  "cafile " + at("ca.crt"), "require_certificate true", "tls_version " + version);
          TelemetryPublisher publisher =
              TelemetryPublisher.start(
                  StrictYaml.parse(
                      "{broker: 'mqtts://127.0.0.1:%d', ca_file: '%s', retry_max_millis: 300}"
                          .formatted(broker.port(), at("ca.crt")),
                      "test",
                      TelemetryConfig.DEFAULTS),
                  "/tarsier_perception",
                  new SampleSource(),
                  new RaisedConditions())) {
        Path log = folder.resolve("mosquitto-" + broker.port() + ".log");
        until(() -> count(read(log), "peer did not return a certificate") >= 12);
        assertThat(publisher.connected()).isFalse();
      } finally {
        logger.detachAppender(said);
        logger.setLevel(before);
      }
      assertThat(List.copyOf(said.list))
          .as(version)
          .extracting(ILoggingEvent::getFormattedMessage)
          .filteredOn(line -> line.startsWith("Telemetry cannot reach"))
          .singleElement(InstanceOfAssertFactories.STRING)
          .contains("set certificate_file and key_file");
    }
  }

  @Test
  void namesTheFileThatCannotBeUsedAndWhy() throws Exception {
    sh("openssl pkcs8 -topk8 -in ec.key -passout pass:x -out locked8.key");
    sh("openssl rsa -in rsa.key -traditional -aes256 -passout pass:x -out locked1.key");
    sh("head -c 150 rsa.key > cut.key; printf '\\n-----END PRIVATE KEY-----\\n' >> cut.key");
    sh("cp ec.crt none.key; : > empty.crt");
    String address = "ssl://127.0.0.1:1";
    for (List<String> each :
        List.of(
            List.of("ec.crt", "locked8.key", "it needs a password; write it without one"),
            List.of("rsa.crt", "locked1.key", "it needs a password; write it without one"),
            List.of(
                "rsa.crt", "cut.key", "key_file must hold a PEM private key without a password"),
            List.of("rsa.crt", "none.key", "there is none in it"),
            List.of("rsa.crt", "ec.key", "is not the key of the first certificate in"),
            List.of("rsa.crt", "absent.key", "key_file must be a readable file"),
            List.of("empty.crt", "rsa.key", "certificate_file must hold PEM certificates"))) {
      TelemetryConfig config = config(address, at(each.get(0)), at(each.get(1)));
      assertThatThrownBy(() -> BrokerTls.sockets(config))
          .as("%s", each)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(each.get(2));
    }
  }

  @Test
  void trustsOnlyTheGivenCertificatesAndTheRightName() throws Exception {
    signed("other", "rsa:2048", "IP:127.0.0.2,DNS:mqtt_other");
    try (Mosquitto broker = broker()) {
      String rest = ":" + broker.port();
      assertThat(ask(config("ssl://127.0.0.1" + rest, "", "")).answer())
          .isEqualTo(BrokerProbe.Answer.ACCEPTS);
      assertThat(ask(config("ssl://localhost" + rest, "", "")).answer())
          .isEqualTo(BrokerProbe.Answer.NONE);
      assertThat(ask(TelemetryConfig.to("ssl://127.0.0.1" + rest)).answer())
          .isEqualTo(BrokerProbe.Answer.NONE);
      assertThat(ask(TelemetryConfig.to("tcp://127.0.0.1" + rest)).answer())
          .isEqualTo(BrokerProbe.Answer.NONE);
    }
  }

  @Test
  void findsAHostWithAnUnderscoreAndChecksItsCertificate() throws Exception {
    Path hosts =
        Files.writeString(folder.resolve("hosts"), "127.0.0.1 mqtt_broker\n127.0.0.1 mqtt_other\n");
    List<String> options = List.of("-Djdk.net.hosts.file=" + hosts);
    Files.createDirectories(folder.resolve("plain"));
    try (Mosquitto plain = Mosquitto.prepare(folder.resolve("plain")).start();
        Mosquitto encrypted = broker()) {
      comes(plain.uri(), options, "mqtt://mqtt_broker:" + plain.port());
      Process wrong =
          Child.start(folder, options, "mqtts://mqtt_other:" + encrypted.port(), at("ca.crt"));
      Process right =
          Child.start(
              Files.createDirectories(folder.resolve("right")),
              options,
              "mqtts://mqtt_broker:" + encrypted.port(),
              at("ca.crt"));
      try {
        Path log = folder.resolve("mosquitto-" + encrypted.port() + ".log");
        until(() -> read(log).contains(" as tarsier-"));
        assertThat(right.isAlive()).isTrue();
        // One connection for each version of the one that has the right name.
        until(() -> count(read(log), " as tarsier-") == 2);
      } finally {
        wrong.destroyForcibly().waitFor();
        right.destroyForcibly().waitFor();
      }
    }
  }

  private void comes(String watched, List<String> options, String told) throws Exception {
    MqttClient client =
        new MqttClient(watched, MqttClient.generateClientId(), new MemoryPersistence());
    Process child = Child.start(folder, options, told);
    try {
      Set<String> seen = ConcurrentHashMap.newKeySet();
      client.connect();
      client.subscribe(
          "tarsier/victim/tarsier_perception/+",
          (topic, message) -> seen.add(topic.substring(topic.lastIndexOf('/'))));
      until(
          () ->
              seen.contains("/status") && seen.contains("/factsheet") && seen.contains("/metrics"));
    } finally {
      child.destroyForcibly().waitFor();
      client.disconnectForcibly(0, 100);
      client.close(true);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }

  private static int count(String text, String what) {
    return text.split(what, -1).length - 1;
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }
}
