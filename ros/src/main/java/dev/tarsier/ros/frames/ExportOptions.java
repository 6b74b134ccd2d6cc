package dev.tarsier.ros.frames;

import dev.tarsier.ros.replay.TopicRequest;
import dev.tarsier.runtime.inference.NetworkChoice;
import dev.tarsier.runtime.inference.SessionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which frames to take out of a recording, and where to.
 *
 * @param bags the recording, one bag or several
 * @param out folder; made where it is not there
 * @param topics what the user says of them
 * @param everyNanos one frame for so much time; 0 for all
 * @param toleranceMillis largest difference of stamps between an image and its depth, 0 to 10,000
 * @param split which are to train on
 * @param jpegQuality 1 to 100: raw images become JPEG files; empty: PNG files, in which nothing is
 *     lost
 * @param uncertain the frames on which a bundle is least sure, of those; empty for all
 */
public record ExportOptions(
    List<Path> bags,
    Path out,
    TopicRequest topics,
    long everyNanos,
    double toleranceMillis,
    Split.Rule split,
    OptionalInt jpegQuality,
    Optional<Uncertain> uncertain) {
  /** As far as neighbours at 10 Hz are apart, and as for training. */
  public static final double DEFAULT_TOLERANCE_MILLIS = 50;

  /**
   * What to choose by.
   *
   * @param frames how many, at least 1
   * @param bundle its folder
   * @param network which of its networks
   * @param session what computes
   */
  public record Uncertain(int frames, Path bundle, NetworkChoice network, SessionOptions session) {
    /** Checks the number. */
    public Uncertain {
      if (frames < 1) {
        throw new IllegalArgumentException("--uncertain must be at least 1, got " + frames);
      }
      session = session.withProviders(network.providers(session.providers()));
    }
  }

  /** Checks the ranges. */
  public ExportOptions {
    bags = List.copyOf(bags);
    if (everyNanos < 0) {
      throw new IllegalArgumentException("--every must not be negative, got " + everyNanos / 1e9);
    }
    if (!(toleranceMillis >= 0 && toleranceMillis <= 10_000)) {
      throw new IllegalArgumentException(
          "--tolerance must be 0 to 10000 ms, got " + toleranceMillis);
    }
    if (jpegQuality.isPresent() && (jpegQuality.getAsInt() < 1 || jpegQuality.getAsInt() > 100)) {
      throw new IllegalArgumentException("--jpeg must be 1 to 100, got " + jpegQuality.getAsInt());
    }
  }
}
