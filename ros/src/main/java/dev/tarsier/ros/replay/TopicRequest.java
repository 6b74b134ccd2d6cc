package dev.tarsier.ros.replay;

import dev.tarsier.ros.truth.DepthUnit;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a user says of a recording's topics; what he leaves out is guessed.
 *
 * @param image colour topic; empty = guessed
 * @param depth depth topic; empty = guessed
 * @param labels topic with class ids; empty = guessed
 * @param cameraInfo calibration topic; empty = beside the image's
 * @param depthUnit metres to a count of depth; empty = what the recording says, else a millimetre
 * @param depthAligned whether the truth that is named shows what the images show, pixel by pixel,
 *     whatever its frame and its size say
 */
public record TopicRequest(
    Optional<String> image,
    Optional<String> depth,
    Optional<String> labels,
    Optional<String> cameraInfo,
    OptionalDouble depthUnit,
    boolean depthAligned) {
  /** Everything guessed. */
  public static final TopicRequest GUESSED =
      new TopicRequest(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          OptionalDouble.empty(),
          false);

  /** Checks the unit. */
  public TopicRequest {
    if (depthUnit.isPresent()) {
      DepthUnit.check(depthUnit.getAsDouble());
    }
  }
}
