package dev.tarsier.trainer.dataset;

/**
 * What a batch holds besides images and targets.
 *
 * @param depthInput whether the network sees depth
 * @param labelChannels classes of a network that sees labels, one-hot; 0 for one that does not
 * @param softClasses classes of soft targets; 0 for none
 */
public record Contents(boolean depthInput, int labelChannels, int softClasses) {
  /** Images and targets alone. */
  public static final Contents PLAIN = new Contents(false, 0, 0);

  /** Checks the ranges. */
  public Contents {
    if (labelChannels < 0 || labelChannels > 255 || softClasses < 0 || softClasses > 255) {
      throw new IllegalArgumentException(
          "channels must be 0 to 255, got %d and %d".formatted(labelChannels, softClasses));
    }
  }
}
