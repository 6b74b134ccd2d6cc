package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.config.TelemetryConfig;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Brokers that are broken or mean harm: telemetry goes on trying, and nothing else happens. */
@Timeout(120)
class HostileBrokerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String CONNACK = "20020000";

  /** What a broker answers to CONNECT before it hangs up. */
  private static final List<String> ANSWERS =
      List.of(
          CONNACK + "30ffffff7f", // PUBLISH of 256 MB
          CONNACK + "90ffffff7f", // SUBACK of 256 MB
          CONNACK + "40ffffff7f",
          CONNACK + "d0ffffff7f",
          CONNACK + "30ffffffffffffff", // a length without an end
          CONNACK + "9000", // SUBACK without an answer in it
          CONNACK + "9003000180",
          CONNACK + "30050003fffefd", // a topic that is no UTF-8
          CONNACK + "3002ffff", // a topic longer than its packet
          CONNACK + "3000",
          CONNACK + "3404000161", // QoS 2
          CONNACK + "d000d000d000", // pongs without a ping
          CONNACK + "4002ffff",
          CONNACK + CONNACK,
          CONNACK + "ffffffff",
          "20ffffff7f",
          "20020005",
          "200200ff",
          "2000",
          "3000",
          "00",
          "",
          HexFormat.of()
              .formatHex("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));

  /** Brokers at once, where connections take turns: they mostly wait for Paho's threads to end. */
  private static final int AT_ONCE = 4;

  @TempDir Path folder;
  private ServerSocket server;

  @BeforeEach
  void listen() throws IOException {
    server = newServer();
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private static ServerSocket newServer() throws IOException {
    ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    server.setSoTimeout((int) PATIENCE.toMillis());
    return server;
  }

  /** What a broker does, turn by turn, before it becomes honest. */
  private interface Turn {
    void take(ServerSocket server, int index) throws IOException;
  }

  /** Takes all turns, shared by several brokers, each with a robot of its own that survives it. */
  private static void inTurns(int turns, Turn turn) throws Exception {
    ExecutorService brokers = Executors.newFixedThreadPool(AT_ONCE);
    try {
      AtomicInteger next = new AtomicInteger();
      Callable<Void> broker =
          () -> {
            RaisedConditions health = new RaisedConditions();
            try (ServerSocket server = newServer();
                TelemetryPublisher publisher =
                    TelemetryPublisher.start(
                        config("tcp", server), "/n", new SampleSource(), health)) {
              for (int i = next.getAndIncrement(); i < turns; i = next.getAndIncrement()) {
                turn.take(server, i);
              }
              becomesHonest(server);
              assertThat(publisher.connections()).isPositive();
            }
            assertThat(health.reasons).isEmpty();
            return null;
          };
      for (Future<Void> each : brokers.invokeAll(Collections.nCopies(AT_ONCE, broker))) {
        each.get();
      }
    } finally {
      brokers.shutdownNow();
    }
  }

  private static TelemetryConfig config(String scheme, ServerSocket server) {
    return StrictYaml.parse(
        "{broker: '%s://127.0.0.1:%d', robot: r, retry_max_millis: 100, period_millis: 100, keep_alive_seconds: 1, connect_timeout_seconds: 1}"
            .formatted(scheme, server.getLocalPort()),
        "test",
        TelemetryConfig.DEFAULTS);
  }

  private TelemetryPublisher start(String scheme, RaisedConditions health) {
    return TelemetryPublisher.start(config(scheme, server), "/n", new SampleSource(), health);
  }

  private static void answer(ServerSocket server, byte[] bytes) throws IOException {
    try (Socket client = server.accept()) {
      readConnect(client);
      client.getOutputStream().write(bytes);
      client.getOutputStream().flush();
      client.shutdownOutput();
      drain(client);
    }
  }

  private static void readConnect(Socket client) throws IOException {
    client.setSoTimeout((int) PATIENCE.toMillis());
    assertThat(client.getInputStream().read()).as("a CONNECT packet").isEqualTo(0x10);
    int length = client.getInputStream().read();
    assertThat(length).isPositive();
    if (length > 127) {
      length = (length & 127) | client.getInputStream().read() << 7;
    }
    client.getInputStream().skipNBytes(length);
  }

  private static void drain(Socket client) {
    try {
      client.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      assertThat(e).as("reset; it is gone all the same").isNotNull();
    }
  }

  /** A broker as it should be: whoever survived tells its status to it. */
  private static void becomesHonest(ServerSocket server) throws IOException {
    try (Socket client = server.accept()) {
      readConnect(client);
      client.getOutputStream().write(HexFormat.of().parseHex(CONNACK));
      client.getOutputStream().flush();
      StringBuilder told = new StringBuilder();
      InputStream in = client.getInputStream();
      while (told.indexOf("\"state\":\"online\"") < 0) {
        int next = in.read();
        assertThat(next).isNotNegative();
        told.append((char) next);
      }
      assertThat(told).contains("tarsier/r/n/status");
    }
  }

  @Test
  void nothingThatABrokerAnswersEndsTelemetry() throws Exception {
    inTurns(
        ANSWERS.size(),
        (server, i) -> {
          answer(server, HexFormat.of().parseHex(ANSWERS.get(i)));
          assertThat(receivers()).as(ANSWERS.get(i)).isLessThanOrEqualTo(AT_ONCE);
        });
  }

  /** Whether the broker leaves before, while or after Paho has started all its threads. */
  @Test
  void noThreadOfAConnectionStays() throws Exception {
    inTurns(
        48,
        (server, i) -> {
          if (i % 3 == 0) {
            server.accept().close();
          } else {
            answer(server, HexFormat.of().parseHex(i % 3 == 1 ? "20020005" : CONNACK));
          }
          assertThat(pahoThreads()).isLessThanOrEqualTo(5 * AT_ONCE);
        });
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (pahoThreads() + receivers() > 0) {
      assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @Test
  void nothingAtRandomEndsTelemetry() throws Exception {
    inTurns(
        Integer.getInteger("fuzz.rounds", 30),
        (server, i) -> {
          SplittableRandom random = new SplittableRandom(31 + i);
          byte[] tail = new byte[random.nextInt(64)];
          random.nextBytes(tail);
          boolean bare = random.nextInt(8) == 0;
          answer(server, bare ? tail : concat(HexFormat.of().parseHex(CONNACK), tail));
        });
  }

  /** The frames of a WebSocket have a length of their own to lie with. */
  @Test
  void nothingThatAWebSocketAnswersEndsTelemetry() throws Exception {
    List<String> answers = new ArrayList<>(List.of("", "HTTP/1.1 101\r\n\r\n", "x".repeat(20_000)));
    answers.add("HTTP/1.1 200 OK\r\nSec-WebSocket-Accept: no\r\n\r\n");
    RaisedConditions health = new RaisedConditions();
    try (TelemetryPublisher publisher = start("ws", health)) {
      for (String answer : answers) {
        try (Socket client = server.accept()) {
          client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
          client.getOutputStream().flush();
          client.shutdownOutput();
          drain(client);
        }
      }
      for (String frames :
          List.of(
              "827f7fffffffffffffff", // a frame of 2^63 bytes
              "827fffffffffffffffff",
              "82ff0000000000000000", // masked
              "f20420020000", // with reserved bits
              "81042002000000", // text
              "897e0100", // a ping that is too long
              "8800")) {
        try (Socket client = server.accept()) {
          client.getOutputStream().write(upgrade(client));
          client.getOutputStream().write(HexFormat.of().parseHex(frames));
          client.getOutputStream().flush();
          client.shutdownOutput();
          drain(client);
        }
      }
      assertThat(publisher.connected()).isFalse();
      try (Socket client = server.accept()) {
        client.getOutputStream().write(upgrade(client));
        assertThat(frame(client)[0]).as("a CONNECT packet").isEqualTo((byte) 0x10);
        // In two pieces, with a ping between them.
        client.getOutputStream().write(HexFormat.of().parseHex("0202200289022a2b80020000"));
        client.getOutputStream().flush();
        assertThat(frame(client)).isEqualTo(new byte[] {0x2a, 0x2b});
        StringBuilder told = new StringBuilder();
        while (told.indexOf("\"state\":\"online\"") < 0) {
          told.append(new String(frame(client), StandardCharsets.UTF_8));
        }
      }
    }
    assertThat(health.reasons).isEmpty();
  }

  /** Reads the client's request, and answers as RFC 6455 says. */
  private static byte[] upgrade(Socket client) throws Exception {
    client.setSoTimeout((int) PATIENCE.toMillis());
    StringBuilder request = new StringBuilder();
    while (request.indexOf("\r\n\r\n") < 0) {
      int next = client.getInputStream().read();
      assertThat(next).isNotNegative();
      request.append((char) next);
    }
    String key = request.toString().replaceAll("(?s).*Sec-WebSocket-Key: (\\S+).*", "$1");
    byte[] hash =
        MessageDigest.getInstance("SHA-1")
            .digest(
                (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
    return ("HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: "
            + Base64.getEncoder().encodeToString(hash)
            + "\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** What a frame of the client carries, unmasked. */
  private static byte[] frame(Socket client) throws IOException {
    DataInputStream in = new DataInputStream(client.getInputStream());
    assertThat(in.readUnsignedByte() & 0x80).as("whole").isEqualTo(0x80);
    int length = in.readUnsignedByte();
    assertThat(length).as("masked").isGreaterThanOrEqualTo(0x80);
    length &= 0x7F;
    length = length == 126 ? in.readUnsignedShort() : length;
    byte[] mask = in.readNBytes(4);
    byte[] payload = in.readNBytes(length);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i % 4];
    }
    return payload;
  }

  /** With a heap that the packet does not fit; with Paho the process ended here. */
  @Test
  void fiveBytesDoNotEndAProcess() throws Exception {
    Process victim =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx48m",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                TelemetryChild.class.getName(),
                "tcp://127.0.0.1:" + server.getLocalPort())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("victim.log").toFile())
            .start();
    try {
      for (int connection = 1; connection <= 4; connection++) {
        answer(server, HexFormat.of().parseHex(CONNACK + "30ffffff7f"));
      }
      server.accept().close();
      assertThat(victim.isAlive()).as(Files.readString(folder.resolve("victim.log"))).isTrue();
    } finally {
      victim.destroyForcibly().waitFor();
    }
  }

  @Test
  void aBrokerThatNeverFinishesItsAnswerIsLeft() throws Exception {
    List<String> begun = List.of("", "20", "2002", "200200");
    inTurns(
        begun.size(),
        (server, i) -> {
          try (Socket client = server.accept()) {
            readConnect(client);
            client.getOutputStream().write(HexFormat.of().parseHex(begun.get(i)));
            client.getOutputStream().flush();
            drain(client); // returns when the robot hangs up
          }
        });
  }

  @Test
  void aBrokerThatDripsIsLeft() throws Exception {
    try (TelemetryPublisher publisher = start("tcp", new RaisedConditions())) {
      try (Socket client = server.accept()) {
        readConnect(client);
        OutputStream out = client.getOutputStream();
        out.write(HexFormat.of().parseHex(CONNACK + "30e807"));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean left = false;
        while (!left) {
          assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
          try {
            out.write(0);
            out.flush();
          } catch (IOException e) {
            left = true;
          }
          TimeUnit.MILLISECONDS.sleep(50); // the drip
        }
      }
      becomesHonest(server);
      assertThat(publisher.connections()).isPositive();
    }
  }

  @Test
  void aFloodIsLeft() throws Exception {
    byte[] message = HexFormat.of().parseHex("30050003616263");
    try (TelemetryPublisher publisher = start("tcp", new RaisedConditions())) {
      try (Socket client = server.accept()) {
        readConnect(client);
        OutputStream out = client.getOutputStream();
        out.write(HexFormat.of().parseHex(CONNACK));
        byte[] many = new byte[1000 * message.length];
        for (int i = 0; i < many.length; i++) {
          many[i] = message[i % message.length];
        }
        boolean left = false;
        for (int i = 0; i < 4000 && !left; i++) {
          try {
            out.write(many);
          } catch (IOException e) {
            left = true;
          }
        }
        assertThat(left).isTrue();
      }
      becomesHonest(server);
      assertThat(publisher.connections()).isPositive();
    }
  }

  private static long pahoThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("MQTT"))
        .count();
  }

  private static long receivers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("tarsier-telemetry-receive"))
        .count();
  }

  private static byte[] concat(byte[] head, byte[] tail) {
    byte[] both = new byte[head.length + tail.length];
    System.arraycopy(head, 0, both, 0, head.length);
    System.arraycopy(tail, 0, both, head.length, tail.length);
    return both;
  }
}
