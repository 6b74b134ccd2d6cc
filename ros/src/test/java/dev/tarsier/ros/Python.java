package dev.tarsier.ros;

import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs scripts with the Python that Debian's ROS tools belong to, and programs of those tools. */
public final class Python {
  private Python() {}

  /**
   * Runs a script that lies beside a test class in the resources.
   *
   * @param folder for the script's copy and its working directory
   * @return its lines of output
   */
  public static List<String> run(Class<?> test, String script, Path folder, String... arguments)
      throws IOException, InterruptedException {
    Prerequisites.programs("rosbag", "rosmsg");
    Path file = folder.resolve(script);
    try (InputStream in = test.getResourceAsStream(script)) {
      Files.write(file, in.readAllBytes());
    }
    List<String> command = new ArrayList<>(List.of("/usr/bin/python3", file.toString()));
    command.addAll(List.of(arguments));
    return program(folder, command.toArray(new String[0]));
  }

  /**
   * Runs a program and fails unless it exits with 0.
   *
   * @return its lines of output, errors among them
   */
  public static List<String> program(Path folder, String... command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(String.join(" ", command) + " does not end");
    }
    List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
    if (process.exitValue() != 0) {
      throw new AssertionError(String.join(" ", command) + " failed:\n" + String.join("\n", lines));
    }
    return lines;
  }
}
