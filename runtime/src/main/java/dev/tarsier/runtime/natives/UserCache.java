package dev.tarsier.runtime.natives;

import java.io.IOException;
import java.nio.file.Path;

/** Where this user's things lie that can be made again, such as compiled networks. */
public final class UserCache {
  private UserCache() {}

  /** Whether what is put there outlives the process: whether the user has a home. Any thread. */
  public static boolean isLasting() {
    return cache() != null;
  }

  private static Path cache() {
    return PrivateFolder.cache(System.getenv(), System.getProperty("user.home"));
  }

  /**
   * {@code tarsier/NAME} below {@code $XDG_CACHE_HOME} or {@code ~/.cache}. For a user without a
   * home it lies among the temporary files and goes when the process ends. Any thread.
   *
   * @param name of the folder
   * @return absolute; not made
   * @throws IOException when there is no place for it; says which were tried
   */
  public static Path folder(String name) throws IOException {
    Path cache = cache();
    return cache == null
        ? NativeLibraries.home().resolve(name)
        : cache.resolve("tarsier").resolve(name);
  }
}
