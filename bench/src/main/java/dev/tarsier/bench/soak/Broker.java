package dev.tarsier.bench.soak;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.telemetry.TelemetryIdentity;
import dev.tarsier.runtime.telemetry.TelemetryTopics;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * A real {@code mosquitto} that is killed and started again, with an operator's client that reads
 * the node's telemetry. Any thread may call.
 */
final class Broker implements AutoCloseable {
  /** The robot's name in the topics. */
  static final String ROBOT = "soak";

  private static final String PROGRAM = "mosquitto";
  private static final long LIMIT_SECONDS = 20;

  private final TelemetryTopics topics = TelemetryTopics.of(ROBOT, TelemetryIdentity.DEFAULT_NODE);
  private final Path program;
  private final Path folder;
  private final int port;

  // guarded by this
  private Process process;
  private MqttClient client;
  private JsonNode metrics = Json.object();
  private long metricsNanos;
  private long messages;

  private Broker(Path program, Path folder, int port) {
    this.program = program;
    this.folder = folder;
    this.port = port;
  }

  /**
   * A broker that is not running yet; empty where there is no mosquitto.
   *
   * @param folder for its configuration. Modified.
   */
  static Optional<Broker> find(Path folder) throws IOException {
    // Debian has it where only root's PATH looks.
    Optional<Path> program =
        Stream.concat(
                Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)),
                Stream.of("/usr/sbin", "/usr/local/sbin"))
            .map(each -> Path.of(each).resolve(PROGRAM))
            .filter(Files::isExecutable)
            .findFirst();
    if (program.isEmpty()) {
      return Optional.empty();
    }
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return Optional.of(new Broker(program.get(), folder, free.getLocalPort()));
    }
  }

  String uri() {
    return "tcp://127.0.0.1:" + port;
  }

  /** Starts it, and a client once it answers. */
  void start() throws IOException, InterruptedException {
    Path configuration =
        Files.writeString(
            folder.resolve("mosquitto.conf"),
            "listener %d 127.0.0.1\npersistence false\nallow_anonymous true\n".formatted(port));
    Path log = folder.resolve("mosquitto.log");
    Process started =
        new ProcessBuilder(List.of(program.toString(), "-c", configuration.toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    synchronized (this) {
      process = started;
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!answers()) {
      if (!started.isAlive() || System.nanoTime() > end) {
        throw new IOException("mosquitto did not start: " + Files.readString(log));
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    listen();
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void listen() throws IOException {
    try {
      MqttClient fresh =
          new MqttClient(uri(), MqttClient.generateClientId(), new MemoryPersistence());
      fresh.connect();
      fresh.subscribe(topics.metrics(), 0, (topic, message) -> came(message.getPayload()));
      synchronized (this) {
        client = fresh;
      }
    } catch (MqttException e) {
      throw new IOException("mosquitto at " + uri() + " is not reached: " + e, e);
    }
  }

  private synchronized void came(byte[] json) throws IOException {
    metrics = Json.parse(json);
    metricsNanos = Listener.now();
    messages++;
    notifyAll();
  }

  /** Kills it, and with it all connections. */
  void kill() {
    MqttClient old;
    Process running;
    synchronized (this) {
      old = client;
      client = null;
      running = process;
    }
    if (running != null) {
      running.destroyForcibly().onExit().join();
    }
    if (old != null) {
      try {
        old.close(true);
      } catch (MqttException e) {
        // its broker is gone, and so is it
      }
    }
  }

  /**
   * Waits for telemetry that came after a moment.
   *
   * @return when it came, nanoseconds since the epoch; 0 where none did within the limit
   */
  synchronized long awaitMetricsAfter(long epochNanos, long limitMillis)
      throws InterruptedException {
    long end = System.nanoTime() + limitMillis * 1_000_000;
    while (metricsNanos <= epochNanos) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return 0;
      }
      wait(left);
    }
    return metricsNanos;
  }

  /** The newest telemetry. */
  synchronized JsonNode metrics() {
    return metrics;
  }

  /** Messages of telemetry so far. */
  synchronized long messages() {
    return messages;
  }

  @Override
  public void close() {
    kill();
  }
}
