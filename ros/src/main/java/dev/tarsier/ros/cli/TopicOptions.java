package dev.tarsier.ros.cli;

import dev.tarsier.ros.replay.TopicRequest;
import java.util.Optional;
import java.util.OptionalDouble;
import picocli.CommandLine.Option;

/** Which topics of a recording hold what, where a user names them. */
final class TopicOptions {
  @Option(names = "--image", paramLabel = "TOPIC", description = "colour images (default: guessed)")
  String image;

  @Option(
      names = "--depth",
      paramLabel = "TOPIC",
      description =
          "depth: 16UC1, mono16, 32FC1, compressedDepth or a 16-bit PNG (default: guessed)")
  String depth;

  @Option(
      names = "--depth-unit",
      paramLabel = "METRES",
      description =
          "metres to a count of depth, such as 0.0001 (default: what the bag says, else 0.001)")
  private Double depthUnit;

  @Option(
      names = "--depth-aligned",
      description =
          "the depth or labels that are named show what the images show, whatever their frame and"
              + " size say")
  private boolean depthAligned;

  @Option(
      names = "--camera-info",
      paramLabel = "TOPIC",
      description = "calibration (default: beside the images)")
  String cameraInfo;

  TopicOptions() {}

  /**
   * What was named.
   *
   * @param labels topic of the class ids; null where none is named
   */
  TopicRequest request(String labels) {
    return new TopicRequest(
        Optional.ofNullable(image),
        Optional.ofNullable(depth),
        Optional.ofNullable(labels),
        Optional.ofNullable(cameraInfo),
        depthUnit == null ? OptionalDouble.empty() : OptionalDouble.of(depthUnit),
        depthAligned);
  }
}
