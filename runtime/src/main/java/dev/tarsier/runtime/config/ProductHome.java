package dev.tarsier.runtime.config;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where Tarsier is installed and where it may keep what it can make again. The launcher names the
 * folder in the system property {@code tarsier.home}; without it, the working folder counts.
 */
public final class ProductHome {
  /** The shipped bundle's folder in {@code models/}. */
  public static final String DEFAULT_BUNDLE = "indoor-edge-v1";

  private ProductHome() {}

  /** The folder that holds {@code models/} and {@code launch/}. */
  public static Path folder() {
    return Path.of(System.getProperty("tarsier.home", "")).toAbsolutePath().normalize();
  }

  /** The bundle that is used where none is named; it need not be there. */
  public static Path defaultBundle() {
    return folder().resolve("models").resolve(DEFAULT_BUNDLE);
  }

  /**
   * A bundle as a person names it: a folder, or the name of one in {@code models/}.
   *
   * @param named such as {@code models/indoor-edge-v1} or {@code indoor-edge-v1}
   */
  public static Path bundle(String named) {
    Path asPath = Path.of(named);
    Path shipped = folder().resolve("models").resolve(named);
    return !Files.isDirectory(asPath) && Files.isDirectory(shipped) ? shipped : asPath;
  }

  /** {@code $XDG_CACHE_HOME/tarsier} or {@code ~/.cache/tarsier}; it need not be there. */
  public static Path cache() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base =
        cache == null || cache.isBlank()
            ? Path.of(System.getProperty("user.home", "."), ".cache")
            : Path.of(cache);
    return base.resolve("tarsier");
  }
}
