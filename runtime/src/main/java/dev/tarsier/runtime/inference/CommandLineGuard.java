package dev.tarsier.runtime.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Turns a crash into an error: ONNX Runtime 1.29 on Linux overruns a buffer while it loads when the
 * command line of its process is longer than 4096 bytes (found by trying: 3.9 KB loads, 4.2 KB ends
 * in a segmentation fault without a report).
 */
final class CommandLineGuard {
  /** The longest command line that is known to be safe. */
  static final int MAX_BYTES = 4000;

  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private CommandLineGuard() {}

  /** Throws when loading ONNX Runtime would crash this process. */
  static void check() {
    if (!Loaded.SAFE) {
      throw new IllegalStateException(message(Loaded.LENGTH));
    }
  }

  static String message(int length) {
    return ("the command line of this process has %d bytes, and ONNX Runtime crashes while it loads"
            + " when it has more than %d: give the class path in the environment variable CLASSPATH"
            + " instead of -cp, as the launchers do")
        .formatted(length, MAX_BYTES);
  }

  /** Looked at once. */
  private static final class Loaded {
    static final int LENGTH = length();
    static final boolean SAFE = LENGTH <= MAX_BYTES;

    private static int length() {
      try {
        return Files.exists(COMMAND_LINE) ? Files.readAllBytes(COMMAND_LINE).length : 0;
      } catch (IOException e) {
        return 0; // not Linux, or not readable: nothing is known, so nothing is refused
      }
    }
  }
}
