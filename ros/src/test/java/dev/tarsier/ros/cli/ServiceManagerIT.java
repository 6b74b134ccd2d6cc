package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.testing.Await;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What systemd hears, with Python's sockets in its place. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class ServiceManagerIT {
  private static final String LISTENER =
      """
      import socket, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      name = sys.argv[1]
      s.bind('\\0' + name[1:] if name[0] == '@' else name)
      print('listens', flush=True)
      while True:
          print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
      """;

  @TempDir Path folder;

  /** A file's name, and one that is in no folder. */
  @ParameterizedTest
  @ValueSource(strings = {"file", "abstract"})
  void hearsThatTheNodeIsUpAndLives(String kind) throws Exception {
    Prerequisites.programs("python3");
    String socket =
        kind.equals("file")
            ? folder.resolve("notify").toString()
            : "@tarsier-" + ProcessHandle.current().pid();
    Path heard = folder.resolve("heard");
    Process listener =
        new ProcessBuilder("/usr/bin/python3", "-c", LISTENER, socket)
            .redirectErrorStream(true)
            .redirectOutput(heard.toFile())
            .start();
    Process node = null;
    try {
      Await.until("the socket", Duration.ofSeconds(20), () -> said(heard, "listens"));
      node = node(socket);
      Await.until(
          "ready", Duration.ofSeconds(40), () -> said(heard, "READY=1 STATUS=waits for the ROS"));
      Await.until(
          "two signs of life",
          Duration.ofSeconds(20),
          () -> read(heard).lines().filter(line -> line.equals("WATCHDOG=1")).count() >= 2);
      node.destroy();
      assertThat(node.waitFor(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      listener.destroyForcibly();
      if (node != null) {
        node.destroyForcibly();
      }
    }
  }

  /** Without systemd nothing is loaded for it, and a socket that is not there ends nothing. */
  @Test
  void aSocketThatIsNotThereIsAWarning() throws Exception {
    Process node = node(folder.resolve("nothing").toString());
    try {
      Await.until(
          "the warning",
          Duration.ofSeconds(40),
          () -> said(folder.resolve("node"), "systemd cannot be told READY=1"));
      assertThat(node.isAlive()).isTrue();
    } finally {
      node.destroyForcibly();
    }
  }

  /** Its master is not there: it waits. */
  private Process node(String socket) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                Start.class.getName(),
                "node",
                "__master:=http://127.0.0.1:1"));
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().put("NOTIFY_SOCKET", socket);
    builder.environment().put("WATCHDOG_USEC", "900000");
    return builder
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("node").toFile())
        .start();
  }

  private static boolean said(Path file, String what) {
    return read(file).contains(what);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
