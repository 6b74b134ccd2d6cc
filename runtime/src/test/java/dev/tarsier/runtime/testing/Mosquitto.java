package dev.tarsier.runtime.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A real {@code mosquitto} on a free loopback port, for tests. It keeps its port over {@link #kill}
 * and {@link #start}, and forgets retained messages then, as a broker without persistence does.
 */
public final class Mosquitto implements AutoCloseable {
  private final int port;
  private final Path configuration;
  private Process process;

  private Mosquitto(int port, Path configuration) {
    this.port = port;
    this.configuration = configuration;
  }

  /**
   * Makes a broker that is not running yet.
   *
   * @param folder for its configuration. Modified.
   * @param lines of mosquitto.conf after the listener; empty = anyone may connect
   */
  public static Mosquitto prepare(Path folder, String... lines) throws IOException {
    int port = freePort();
    String rest = lines.length == 0 ? "allow_anonymous true" : String.join("\n", lines);
    Path file =
        Files.writeString(
            folder.resolve("mosquitto-" + port + ".conf"),
            "listener %d 127.0.0.1\npersistence false\n%s\n".formatted(port, rest));
    return new Mosquitto(port, file);
  }

  /** A port that nothing listened on a moment ago. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Starts it and waits until it answers. */
  public Mosquitto start() throws IOException, InterruptedException {
    Path log = configuration.resolveSibling("mosquitto-" + port + ".log");
    process =
        new ProcessBuilder(List.of("mosquitto", "-c", configuration.toString()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IOException("mosquitto did not start: " + Files.readString(log));
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    return this;
  }

  /** Its address for clients. */
  public String uri() {
    return "tcp://127.0.0.1:" + port;
  }

  /** Its port. */
  public int port() {
    return port;
  }

  /** Kills it with SIGKILL and waits until it is gone. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Sends a signal such as {@code STOP} or {@code CONT}. */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  @Override
  public void close() {
    if (process != null) {
      kill();
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
