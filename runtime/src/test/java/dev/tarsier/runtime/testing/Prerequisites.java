package dev.tarsier.runtime.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs of its machine. On a developer's machine a test without its prerequisite is
 * skipped with the reason; where the environment says {@code CI=true} it fails, so that nothing is
 * skipped in silence.
 */
public final class Prerequisites {
  private Prerequisites() {}

  /**
   * Requires programs on the PATH, such as {@code roscore} or {@code mosquitto}.
   *
   * @param programs names of executables. Not modified.
   */
  public static void programs(String... programs) {
    for (String program : programs) {
      need(onPath(program), "program '" + program + "' is not on the PATH; .ci/run installs it");
    }
  }

  /**
   * Requires a module of the system's own Python, such as {@code h5py}.
   *
   * @param module its name
   */
  public static void pythonModule(String module) throws IOException, InterruptedException {
    programs("python3");
    Process process =
        new ProcessBuilder("/usr/bin/python3", "-c", "import " + module)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean there = process.waitFor() == 0;
    need(there, "Python's module " + module + " is not there; .ci/run installs it");
  }

  /**
   * A file or folder of the reference data beside the project ({@code ../shared}, or the folder
   * named by the environment variable TARSIER_SHARED).
   *
   * @param relative such as {@code data/nyuv2} or {@code golden/metrics_depth.json}
   * @return its path; it exists
   */
  public static Path shared(String relative) {
    String override = System.getenv("TARSIER_SHARED");
    Path shared = override != null ? Path.of(override) : root().resolve("../shared").normalize();
    Path path = shared.resolve(relative);
    need(Files.exists(path), "reference data " + relative + " is not in " + shared);
    return path;
  }

  /** Requires to be root. */
  public static void rootUser(Path ownFolder) throws IOException {
    need(Files.getAttribute(ownFolder, "unix:uid").equals(0), "only root can do this");
  }

  /** The checkout's top folder. */
  public static Path root() {
    String root = System.getProperty("tarsier.root");
    if (root != null && !root.isBlank()) {
      return Path.of(root).toAbsolutePath();
    }
    Path here = Path.of("").toAbsolutePath();
    return Files.exists(here.resolve("tarsier")) ? here : here.getParent();
  }

  /** The folder of the bundle that ships. */
  public static Path shippedBundle() {
    return root().resolve("models/indoor-edge-v3");
  }

  private static boolean onPath(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
        .map(folder -> Path.of(folder, program))
        .anyMatch(Files::isExecutable);
  }

  private static void need(boolean present, String reason) {
    if ("true".equals(System.getenv("CI"))) {
      Assertions.assertTrue(present, reason);
    }
    Assumptions.assumeTrue(present, reason);
  }
}
