package dev.tarsier.ros.replay;

import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What to replay, and how to judge it.
 *
 * @param bag the bag
 * @param bundle folder of the bundle
 * @param out folder for the report; made where it is not there
 * @param image colour topic; empty = guessed
 * @param depth depth topic; empty = guessed
 * @param labels topic with class ids; empty = guessed
 * @param cameraInfo calibration topic; empty = beside the image's
 * @param toleranceMillis largest difference of stamps between an image and its truth, 0 to 10,000
 * @param worstFrames how many frames the report shows, 0 to 100
 * @param record bag to write the outputs to; empty = none
 * @param gates conditions to meet
 * @param providers which to try; the CPU gives the same output hash everywhere
 * @param threads of the CPU provider
 */
public record ReplayOptions(
    Path bag,
    Path bundle,
    Path out,
    Optional<String> image,
    Optional<String> depth,
    Optional<String> labels,
    Optional<String> cameraInfo,
    double toleranceMillis,
    int worstFrames,
    Optional<Path> record,
    List<Gate> gates,
    ProviderPreference providers,
    int threads) {
  /** Tolerance where none is given: more than half of the time between frames at 30 Hz. */
  public static final double DEFAULT_TOLERANCE_MILLIS = 20;

  /** Frames in the report where no number is given. */
  public static final int DEFAULT_WORST_FRAMES = 6;

  /** Checks the ranges. */
  public ReplayOptions {
    gates = List.copyOf(gates);
    if (!(toleranceMillis >= 0 && toleranceMillis <= 10_000)) {
      throw new IllegalArgumentException("tolerance must be 0 to 10000 ms, got " + toleranceMillis);
    }
    if (worstFrames < 0 || worstFrames > 100) {
      throw new IllegalArgumentException("worst frames must be 0 to 100, got " + worstFrames);
    }
    if (threads < 1 || threads > 1024) {
      throw new IllegalArgumentException("threads must be 1 to 1024, got " + threads);
    }
  }

  /**
   * Everything guessed, nothing recorded, no gates, on the CPU.
   *
   * @param bag the bag
   * @param bundle folder of the bundle
   * @param out folder for the report
   */
  public static ReplayOptions of(Path bag, Path bundle, Path out) {
    return new ReplayOptions(
        bag,
        bundle,
        out,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        DEFAULT_TOLERANCE_MILLIS,
        DEFAULT_WORST_FRAMES,
        Optional.empty(),
        List.of(),
        ProviderPreference.cpu(),
        SessionOptions.defaultThreads());
  }

  /** The same with gates. */
  public ReplayOptions withGates(List<Gate> conditions) {
    return new ReplayOptions(
        bag,
        bundle,
        out,
        image,
        depth,
        labels,
        cameraInfo,
        toleranceMillis,
        worstFrames,
        record,
        conditions,
        providers,
        threads);
  }
}
