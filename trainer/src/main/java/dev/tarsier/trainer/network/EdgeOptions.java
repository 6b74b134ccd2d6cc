package dev.tarsier.trainer.network;

import dev.tarsier.trainer.network.MobileNetV2.Origin;

/**
 * Settings of the {@link Edge} network.
 *
 * @param classes number of classes, 2 to 255; 0 for no class head
 * @param depth whether there is a depth head
 * @param encoder whose weights the encoder is made for: decides normalisation and padding
 * @param encoderWidth multiplier of the encoder's channels; pre-trained weights are for 1.0
 * @param decoderWidth channels of the decoder; two thirds of it at the finest scale
 * @param maxDepthMetres depth lies between 0 and this
 */
public record EdgeOptions(
    int classes,
    boolean depth,
    Origin encoder,
    double encoderWidth,
    int decoderWidth,
    double maxDepthMetres) {
  /** Checks the settings. */
  public EdgeOptions {
    if (classes < 0 || classes == 1 || classes > 255) {
      throw new IllegalArgumentException(
          "classes must be 2 to 255, or 0 for no class head, got " + classes);
    }
    if (classes == 0 && !depth) {
      throw new IllegalArgumentException("a network needs classes, depth, or both");
    }
    if (!(encoderWidth >= 0.1 && encoderWidth <= 4)) {
      throw new IllegalArgumentException("encoderWidth must be 0.1 to 4, got " + encoderWidth);
    }
    if (decoderWidth < 8 || decoderWidth > 1024) {
      throw new IllegalArgumentException("decoderWidth must be 8 to 1024, got " + decoderWidth);
    }
    if (!(maxDepthMetres > 0 && Double.isFinite(maxDepthMetres))) {
      throw new IllegalArgumentException("maxDepthMetres must be > 0, got " + maxDepthMetres);
    }
  }

  /** Both heads, torchvision's encoder at full width, a decoder of 96 channels, depth to 10 m. */
  public static EdgeOptions standard(int classes) {
    return new EdgeOptions(classes, true, Origin.TORCHVISION, 1.0, 96, 10.0);
  }

  /** The same with another encoder. */
  public EdgeOptions withEncoder(Origin other) {
    return new EdgeOptions(classes, depth, other, encoderWidth, decoderWidth, maxDepthMetres);
  }
}
