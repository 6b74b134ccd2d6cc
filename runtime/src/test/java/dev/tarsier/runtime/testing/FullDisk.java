package dev.tarsier.runtime.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A Java process whose files cannot grow beyond a size ({@code ulimit -f}), as on a disk that is
 * full: no rights are needed, and the system's answer is as sudden.
 */
public final class FullDisk {
  /** What the system says where a full disk has "No space left on device". */
  public static final String CAUSE = "File too large";

  private FullDisk() {}

  /**
   * What the process said.
   *
   * @param code exit code
   * @param errors lines of standard error that are no progress
   */
  public record Result(int code, List<String> errors) {}

  /**
   * Runs a process to its end.
   *
   * @param kibibytes that a file can have
   * @param command Java's options, main class and arguments. Not modified.
   */
  public static Result run(int kibibytes, List<String> command)
      throws IOException, InterruptedException {
    return run(kibibytes, Map.of(), command);
  }

  /** The same, with more in its environment. */
  public static Result run(int kibibytes, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    List<String> line =
        new ArrayList<>(
            List.of(
                "bash",
                "-c",
                "ulimit -f " + kibibytes + "; exec \"$@\"",
                "test",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:-UsePerfData",
                "-Dlogback.configurationFile=logback-test.xml",
                "-Djava.awt.headless=true"));
    line.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), said.lines().filter(each -> !each.isBlank()).toList());
  }

  /** Half-written files below a folder. */
  public static List<Path> halves(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(
              each -> {
                String name = each.getFileName().toString();
                return name.endsWith(".part") || name.endsWith(".active") || name.startsWith(".");
              })
          .toList();
    }
  }
}
