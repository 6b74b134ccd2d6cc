package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.natives.UserCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * How to run the network.
 *
 * @param providers which to try
 * @param threads of the CPU provider, at least 1
 * @param engineCache folder for engines that TensorRT builds; made when needed
 * @param halfPrecision whether TensorRT may compute in fp16
 */
public record SessionOptions(
    ProviderPreference providers, int threads, Path engineCache, boolean halfPrecision) {
  /** Checks the threads. */
  public SessionOptions {
    if (threads < 1 || threads > 1024) {
      throw new IllegalArgumentException("threads must be 1 to 1024, got " + threads);
    }
  }

  /** Up to four threads, engines in the user's cache folder, full precision. */
  public static SessionOptions of(ProviderPreference providers) {
    return new SessionOptions(providers, defaultThreads(), defaultEngineCache(), false);
  }

  /** The same with another number of threads. */
  public SessionOptions withThreads(int count) {
    return new SessionOptions(providers, count, engineCache, halfPrecision);
  }

  /** One per processor, at most four: the network is small, the robot has other work. */
  public static int defaultThreads() {
    return Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors()));
  }

  /** {@code $XDG_CACHE_HOME/tarsier/engines}, or {@code ~/.cache/tarsier/engines}. */
  public static Path defaultEngineCache() {
    try {
      return UserCache.folder("engines");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
