package dev.tarsier.bench.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The product's node, started as roslaunch starts it. */
final class NodeProcess implements AutoCloseable {
  private static final long END_SECONDS = 10;

  private final Process process;
  private final Path log;

  private NodeProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts it.
   *
   * @param home a built checkout or an unpacked product
   * @param log where what it says goes
   * @param javaOptions of its Java; nothing for none
   * @param arguments further ones, such as {@code _mqtt:=tcp://127.0.0.1:1883}
   */
  static NodeProcess start(
      Path home, String master, Path log, String javaOptions, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("launch/perception_node").toAbsolutePath().toString());
    command.add("image:=" + CameraProcess.IMAGE_TOPIC);
    command.add("_provider:=cpu");
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("ROS_MASTER_URI", master);
    builder.environment().put("ROS_IP", "127.0.0.1");
    // What this program runs with is not the node's.
    builder.environment().remove("CLASSPATH");
    builder.environment().put("TARSIER_JAVA_OPTS", javaOptions);
    return new NodeProcess(
        builder.redirectErrorStream(true).redirectOutput(log.toFile()).start(), log);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * What the system says of it.
   *
   * @param rssKilobytes resident
   * @param threads that it has
   * @param files that it has open
   */
  record Resources(long rssKilobytes, int threads, int files) {}

  Resources resources() throws IOException {
    long rss = 0;
    int threads = 0;
    for (String line : Files.readAllLines(proc("status"))) {
      if (line.startsWith("VmRSS:")) {
        rss = Long.parseLong(line.replaceAll("\\D", ""));
      } else if (line.startsWith("Threads:")) {
        threads = Integer.parseInt(line.replaceAll("\\D", ""));
      }
    }
    try (Stream<Path> files = Files.list(proc("fd"))) {
      return new Resources(rss, threads, (int) files.count());
    }
  }

  private Path proc(String name) {
    return Path.of("/proc/" + process.pid() + "/" + name);
  }

  /** Processor time so far, all its threads together. */
  double processorSeconds() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1e3;
  }

  /** When it was started, nanoseconds since the epoch. */
  long startNanos() {
    return TimeUnit.MILLISECONDS.toNanos(
        process.info().startInstant().orElseThrow().toEpochMilli());
  }

  /** How long its threads had work and no processor so far, all together. */
  double waitedSeconds() throws IOException {
    double nanos = 0;
    try (Stream<Path> threads = Files.list(proc("task"))) {
      for (Path each : threads.toList()) {
        try {
          nanos += Long.parseLong(Files.readString(each.resolve("schedstat")).split(" ")[1]);
        } catch (NoSuchFileException e) {
          // it ended meanwhile
        }
      }
    }
    return nanos / 1e9;
  }

  /** What it said so far. */
  List<String> said() throws IOException {
    return new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
  }

  /**
   * Tells it to end.
   *
   * @return whether it did in good time
   */
  boolean end() throws InterruptedException {
    process.destroy();
    return process.waitFor(END_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
