package dev.tarsier.runtime.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Java process under {@code strace}, in a home, temporary and working folder of its own: what it
 * contacts, and what it leaves behind.
 */
public final class WatchedProcess implements AutoCloseable {
  private static final Pattern ADDRESS =
      Pattern.compile("sin_addr=inet_addr\\(\"([^\"]+)\"\\)|inet_pton\\(AF_INET6, \"([^\"]+)\"");
  private static final Pattern PORT = Pattern.compile("sin6?_port=htons\\((\\d+)\\)");

  private final Path folder;
  private final Process process;

  /**
   * Starts it.
   *
   * @param folder empty; for all that belongs to the process
   * @param home {@code HOME}; empty for one in {@code folder}
   * @param environment further variables as {@code NAME=value}. Not modified.
   * @param command Java's main class and arguments, with options of Java before. Not modified.
   */
  public WatchedProcess(Path folder, String home, List<String> environment, List<String> command)
      throws IOException {
    this.folder = folder;
    for (String each : List.of("home", "tmp", "cwd")) {
      Files.createDirectories(folder.resolve(each));
    }
    List<String> line =
        new ArrayList<>(
            List.of(
                "strace",
                "-f",
                "--seccomp-bpf", // stops the process at the calls that are watched alone
                "-qq",
                "-o",
                trace().toString(),
                "-e",
                "trace=connect,sendto,sendmsg,sendmmsg",
                "env",
                "-u",
                "XDG_CACHE_HOME",
                "-u",
                "ORT_DISABLE_TELEMETRY", // of the tests' own process
                "HOME=" + (home.isEmpty() ? folder.resolve("home") : home),
                "CLASSPATH=" + System.getProperty("java.class.path")));
    line.addAll(environment);
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.add("-Djava.io.tmpdir=" + folder.resolve("tmp"));
    line.add("-XX:-UsePerfData"); // as the launchers do
    line.addAll(command);
    process =
        new ProcessBuilder(line)
            .directory(folder.resolve("cwd").toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
  }

  private Path trace() {
    return folder.resolve("trace");
  }

  /** What it has written so far. */
  public String output() throws IOException {
    return Files.readString(folder.resolve("output"), StandardCharsets.UTF_8);
  }

  /** Whether it still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Sends a signal to Java, such as {@code KILL} or {@code TERM}, and waits for the end. */
  public void signal(String name) throws IOException, InterruptedException {
    long java =
        process
            .descendants()
            .findFirst()
            .orElseThrow(() -> new AssertionError("has ended: " + folder))
            .pid();
    new ProcessBuilder("kill", "-" + name, Long.toString(java)).start().waitFor();
    await();
  }

  /**
   * Waits for the end.
   *
   * @return the exit code
   */
  public int await() throws IOException, InterruptedException {
    if (!process.waitFor(3, TimeUnit.MINUTES)) {
      throw new AssertionError("does not end: " + output());
    }
    return process.exitValue();
  }

  /** Addresses that are not of this machine, and name servers, to which it sent something. */
  public List<String> contacted() throws IOException {
    TreeSet<String> found = new TreeSet<>();
    for (String line : Files.readAllLines(trace(), StandardCharsets.ISO_8859_1)) {
      Matcher port = PORT.matcher(line);
      boolean nameServer = port.find() && port.group(1).equals("53");
      Matcher address = ADDRESS.matcher(line);
      while (address.find()) {
        String text = address.group(1) != null ? address.group(1) : address.group(2);
        InetAddress host = InetAddress.getByName(text);
        boolean own =
            host.isLoopbackAddress()
                || host.isAnyLocalAddress()
                || NetworkInterface.getByInetAddress(host) != null;
        if (!own || nameServer) {
          found.add(text + (nameServer ? " (name server)" : ""));
        }
      }
    }
    return List.copyOf(found);
  }

  /** Files and folders in its home, temporary and working folder, but for the product's cache. */
  public List<String> leftBehind() throws IOException {
    List<String> left = new ArrayList<>();
    for (String place : List.of("home", "tmp", "cwd")) {
      Path top = folder.resolve(place);
      try (Stream<Path> all = Files.walk(top)) {
        all.filter(each -> !each.equals(top))
            .map(each -> folder.relativize(each).toString())
            .filter(each -> !each.equals("home/.cache"))
            .filter(each -> !(each + "/").startsWith("home/.cache/tarsier/"))
            .forEach(left::add);
      }
    }
    return left;
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
