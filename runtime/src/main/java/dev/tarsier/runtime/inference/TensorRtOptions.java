package dev.tarsier.runtime.inference;

import dev.tarsier.runtime.natives.UserCache;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * How TensorRT builds its engines, and where they are kept: the section {@code tensorrt} of the
 * node's parameters.
 *
 * @param fp16 whether half precision is tried first; single precision follows where the golden
 *     frames refuse it
 * @param fp32LayerNorm whether layer norms stay in single precision under {@code fp16}
 * @param timingCache whether the timings of kernels are kept for the next build
 * @param optimizationLevel of the builder, 0 to 5: more takes longer to build and may run faster; 3
 *     is TensorRT's own
 * @param workspaceMb memory of the GPU that a build may take, 0 to 65,536 MiB; 0 = what TensorRT
 *     takes by itself
 * @param cudaGraph whether a frame is one recorded CUDA graph; only where TensorRT takes the whole
 *     network
 * @param cache folder of the engines, absolute; empty = {@code tarsier/engines} in the user's cache
 * @param cacheMb what all engines may take together on the disk, 64 to 1,048,576 MiB; those go
 *     first that were used least recently
 */
public record TensorRtOptions(
    boolean fp16,
    boolean fp32LayerNorm,
    boolean timingCache,
    int optimizationLevel,
    int workspaceMb,
    boolean cudaGraph,
    String cache,
    int cacheMb) {
  /** Half precision first, 2 GiB of engines in the user's cache. */
  public static final TensorRtOptions DEFAULTS =
      new TensorRtOptions(true, true, true, 3, 0, false, "", 2048);

  /** Checks the ranges. */
  public TensorRtOptions {
    Objects.requireNonNull(cache, "cache");
    within("optimization_level", optimizationLevel, 0, 5);
    within("workspace_mb", workspaceMb, 0, 65_536);
    within("cache_mb", cacheMb, 64, 1 << 20);
    if (!cache.isEmpty() && !isAbsolute(cache)) {
      throw new IllegalArgumentException("cache must be an absolute path, got '" + cache + "'");
    }
  }

  /** The same with engines in another folder. */
  public TensorRtOptions withCache(Path folder) {
    return new TensorRtOptions(
        fp16,
        fp32LayerNorm,
        timingCache,
        optimizationLevel,
        workspaceMb,
        cudaGraph,
        folder.toAbsolutePath().toString(),
        cacheMb);
  }

  /** The same with or without half precision. */
  public TensorRtOptions withFp16(boolean half) {
    return new TensorRtOptions(
        half,
        fp32LayerNorm,
        timingCache,
        optimizationLevel,
        workspaceMb,
        cudaGraph,
        cache,
        cacheMb);
  }

  /**
   * Where the engines are.
   *
   * @return absolute; not made
   * @throws IOException where the user has no place for it
   */
  Path cacheFolder() throws IOException {
    return cache.isEmpty() ? UserCache.folder("engines") : Path.of(cache);
  }

  private static boolean isAbsolute(String text) {
    try {
      return Path.of(text).isAbsolute();
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s must be %d to %d, got %d".formatted(name, least, most, value));
    }
  }
}
