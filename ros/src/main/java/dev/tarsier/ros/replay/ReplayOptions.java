package dev.tarsier.ros.replay;

import dev.tarsier.ros.truth.DepthUnit;
import dev.tarsier.runtime.inference.NetworkChoice;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What to replay, and how to judge it.
 *
 * @param bags the recording, one bag or several
 * @param bundle folder of the bundle
 * @param out folder for the report; made where it is not there
 * @param image colour topic; empty = guessed
 * @param depth depth topic; empty = guessed
 * @param labels topic with class ids; empty = guessed
 * @param cameraInfo calibration topic; empty = beside the image's
 * @param depthUnit metres to a count of depth; empty = what the recording says, else a millimetre
 * @param depthAligned whether the truth that is named shows what the images show, pixel by pixel,
 *     whatever its frame and its size say
 * @param minCoverage share of the images that a gate must rest on, 0 to 1
 * @param toleranceMillis largest difference of stamps between an image and its truth, 0 to 10,000
 * @param worstFrames how many frames the report shows, 0 to 100
 * @param record bag to write the outputs to; empty = none
 * @param gates conditions to meet
 * @param network which of the bundle's networks
 * @param session what computes; the CPU gives the same output hash with any number of threads
 */
public record ReplayOptions(
    List<Path> bags,
    Path bundle,
    Path out,
    Optional<String> image,
    Optional<String> depth,
    Optional<String> labels,
    Optional<String> cameraInfo,
    OptionalDouble depthUnit,
    boolean depthAligned,
    double minCoverage,
    double toleranceMillis,
    int worstFrames,
    Optional<Path> record,
    List<Gate> gates,
    NetworkChoice network,
    SessionOptions session) {
  /** Tolerance where none is given: more than half of the time between frames at 30 Hz. */
  public static final double DEFAULT_TOLERANCE_MILLIS = 20;

  /**
   * Share of the images that a gate must rest on where none is given: depth at 10 Hz beside images
   * at 30 Hz is enough, one frame of four is not.
   */
  public static final double DEFAULT_MIN_COVERAGE = 0.3;

  /** Frames in the report where no number is given. */
  public static final int DEFAULT_WORST_FRAMES = 6;

  /** Checks the ranges. */
  public ReplayOptions {
    bags = List.copyOf(bags);
    session = session.withProviders(network.providers(session.providers()));
    gates = List.copyOf(gates);
    if (bags.isEmpty()) {
      throw new IllegalArgumentException("there must be a bag");
    }
    if (depthUnit.isPresent()) {
      DepthUnit.check(depthUnit.getAsDouble());
    }
    if (!(minCoverage >= 0 && minCoverage <= 1)) {
      throw new IllegalArgumentException("minimum coverage must be 0 to 1, got " + minCoverage);
    }
    if (!(toleranceMillis >= 0 && toleranceMillis <= 10_000)) {
      throw new IllegalArgumentException("tolerance must be 0 to 10000 ms, got " + toleranceMillis);
    }
    if (worstFrames < 0 || worstFrames > 100) {
      throw new IllegalArgumentException("worst frames must be 0 to 100, got " + worstFrames);
    }
  }

  /** What it says of the recording's topics. */
  TopicRequest topics() {
    return new TopicRequest(image, depth, labels, cameraInfo, depthUnit, depthAligned);
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
        List.of(bag),
        bundle,
        out,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalDouble.empty(),
        false,
        DEFAULT_MIN_COVERAGE,
        DEFAULT_TOLERANCE_MILLIS,
        DEFAULT_WORST_FRAMES,
        Optional.empty(),
        List.of(),
        NetworkChoice.FLOAT,
        SessionOptions.of(ProviderPreference.cpu()));
  }
}
