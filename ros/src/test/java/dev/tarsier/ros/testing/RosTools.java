package dev.tarsier.ros.testing;

import dev.tarsier.ros.ros1.graph.XmlRpcClient;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Programs of Debian's ROS against one master, on the loopback address. What is started here ends
 * with {@link #close}.
 */
public final class RosTools implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final int port;
  private final Path folder;
  private final List<Running> running = new ArrayList<>();

  /** A program that runs. */
  public static final class Running {
    private final Process process;
    private final Path output;

    private Running(Process process, Path output) {
      this.process = process;
      this.output = output;
    }

    /** What it has printed so far, errors too. */
    public String output() throws IOException {
      return Files.readString(output, StandardCharsets.UTF_8);
    }

    /** The process, to be signalled. */
    public Process process() {
      return process;
    }
  }

  /**
   * Tools for the master on a port; none is started.
   *
   * @param port of the master
   */
  public RosTools(int port) throws IOException {
    this.port = port;
    this.folder = Files.createTempDirectory("tarsier-ros");
  }

  /** Starts a real {@code roscore} on a free port and waits until it and its rosout serve. */
  public static RosTools withRoscore() throws Exception {
    RosTools tools = new RosTools(freePort());
    tools.start("roscore", "-p", Integer.toString(tools.port));
    Await.until("roscore with rosout", LIMIT, () -> tools.knows("/rosout"));
    return tools;
  }

  /** A port that was free a moment ago. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** The master's URI. */
  public String masterUri() {
    return "http://127.0.0.1:" + port;
  }

  /** The master's port. */
  public int port() {
    return port;
  }

  /** Whether the master knows a node. */
  public boolean knows(String node) {
    try {
      Object reply =
          new XmlRpcClient(masterUri(), Duration.ofSeconds(5)).call("lookupNode", "/test", node);
      return reply instanceof List<?> parts && parts.get(0).equals(1);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Starts a program with this master in its environment.
   *
   * @param command program and arguments
   */
  public Running start(String... command) throws IOException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("ROS_MASTER_URI", masterUri());
    builder.environment().put("ROS_HOSTNAME", "127.0.0.1");
    builder.environment().put("ROS_HOME", folder.toString());
    builder.environment().put("ROS_LOG_DIR", folder.toString());
    builder.environment().put("PYTHONUNBUFFERED", "1");
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    Running program = new Running(builder.start(), output);
    running.add(program);
    return program;
  }

  /**
   * Starts roslaunch, which finds the project's package beside the system's.
   *
   * @param arguments package and launch file, then {@code name:=value}
   */
  public Running roslaunch(List<String> arguments) throws IOException {
    return start(roslaunch(Prerequisites.root(), arguments));
  }

  /** roslaunch's command line for a package that lies in this folder, or is it. */
  public static String[] roslaunch(Path packagePath, List<String> arguments) {
    return Stream.concat(
            Stream.of("env", "ROS_PACKAGE_PATH=" + packagePath + ":/usr/share", "roslaunch"),
            arguments.stream())
        .toArray(String[]::new);
  }

  /**
   * Runs a program to its end.
   *
   * @param command program and arguments
   * @return what it printed, errors too
   */
  public String run(String... command) throws Exception {
    Running program = start(command);
    if (!program.process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError(
          String.join(" ", command) + " did not end; it printed: " + program.output());
    }
    return program.output();
  }

  /** Ends what was started and still runs. */
  @Override
  public void close() throws IOException {
    for (Running program : running) {
      program.process.destroy();
    }
    try {
      for (Running program : running) {
        if (!program.process.waitFor(10, TimeUnit.SECONDS)) {
          program.process.destroyForcibly().waitFor();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
