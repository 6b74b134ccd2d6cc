package dev.tarsier.trainer.network;

import dev.tarsier.runtime.natives.ProcessEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which instructions PyTorch's convolutions may use.
 *
 * <p>PyTorch 2.7.1 convolves with oneDNN 3.7.1, whose 1×1 convolutions for AVX-512 are wrong on
 * some processors of AMD's with two threads or more: the last block of output channels, forward and
 * backward, each time. They were right on each processor of Intel's that was tried. So every other
 * processor gets AVX2, whose convolutions were right everywhere (decision 0031).
 *
 * <p>oneDNN reads the environment when it first computes. Java cannot change its own, so the C
 * library is asked to.
 */
public final class InstructionSet {
  /** Environment variable of oneDNN's; what a user sets is kept. */
  public static final String VARIABLE = "ONEDNN_MAX_CPU_ISA";

  /** Set where {@link #VARIABLE} is not set and the processor is not known to be sound. */
  public static final String SOUND = "AVX2";

  /** The variable's older name, which oneDNN reads where the newer is not set. */
  private static final String OLDER_VARIABLE = "DNNL_MAX_CPU_ISA";

  private static final String KNOWN_SOUND = "GenuineIntel";
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final Logger LOG = LoggerFactory.getLogger(InstructionSet.class);

  private static String chosen = "not chosen yet";

  private InstructionSet() {}

  /**
   * What convolutions may use and who said so, such as {@code AVX2 (chosen for AuthenticAMD)}. Any
   * thread; meaningful once DJL was used.
   */
  public static synchronized String describe() {
    return chosen;
  }

  /** Sets the limit where there is none. Once is enough; more does no harm. */
  static synchronized void choose() {
    Optional<String> vendor = vendor(PROCESSORS);
    Optional<String> users = users(System.getenv());
    if (users.isPresent()) {
      chosen = users.get() + " (set in the environment)";
    } else if (isSound(System.getProperty("os.arch"), vendor)) {
      chosen = "all that the processor has";
    } else {
      try {
        chosen =
            "%s (chosen for %s)"
                .formatted(
                    ProcessEnvironment.setIfAbsent(VARIABLE, SOUND),
                    vendor.orElse("a processor of unknown make"));
      } catch (IllegalStateException e) {
        // The check before each training stands guard.
        chosen = "all that the processor has";
        LOG.warn("{}; training refuses to start where it computes wrongly", e.getMessage());
      }
    }
  }

  /** What the user has set. A blank value means nothing to oneDNN either. */
  static Optional<String> users(Map<String, String> environment) {
    for (String name : new String[] {VARIABLE, OLDER_VARIABLE}) {
      String value = environment.getOrDefault(name, "");
      if (!value.isBlank()) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  /**
   * Whether AVX-512 is known to be right there, or there is none.
   *
   * @param architecture as Java names it
   * @param vendor as the processor names its maker, if it does
   */
  static boolean isSound(String architecture, Optional<String> vendor) {
    return !architecture.equals("amd64") || vendor.equals(Optional.of(KNOWN_SOUND));
  }

  /** The processor's maker, as Linux tells it. */
  static Optional<String> vendor(Path processors) {
    try {
      return Files.readAllLines(processors).stream()
          .filter(line -> line.startsWith("vendor_id"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
