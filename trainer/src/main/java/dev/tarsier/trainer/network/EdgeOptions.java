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
 * @param extra what it sees besides the image
 * @param fusion where that joins the image; says nothing where there is no extra
 * @param labelChannels classes of the one-hot input where the extra is {@link Extra#LABELS},
 *     otherwise 0
 */
public record EdgeOptions(
    int classes,
    boolean depth,
    Origin encoder,
    double encoderWidth,
    int decoderWidth,
    double maxDepthMetres,
    Extra extra,
    Fusion fusion,
    int labelChannels) {
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
    if (extra == Extra.LABELS ? labelChannels < 2 || labelChannels > 255 : labelChannels != 0) {
      throw new IllegalArgumentException(
          "labelChannels must be 2 to 255 where the extra input is labels, otherwise 0, got "
              + labelChannels);
    }
  }

  /** A network that sees the image alone. */
  public EdgeOptions(
      int classes,
      boolean depth,
      Origin encoder,
      double encoderWidth,
      int decoderWidth,
      double maxDepthMetres) {
    this(
        classes,
        depth,
        encoder,
        encoderWidth,
        decoderWidth,
        maxDepthMetres,
        Extra.NONE,
        Fusion.FEATURES,
        0);
  }

  /** Both heads, torchvision's encoder at full width, a decoder of 96 channels, depth to 10 m. */
  public static EdgeOptions standard(int classes) {
    return new EdgeOptions(classes, true, Origin.TORCHVISION, 1.0, 96, 10.0);
  }

  /** The same with another encoder. */
  public EdgeOptions withEncoder(Origin other) {
    return new EdgeOptions(
        classes,
        depth,
        other,
        encoderWidth,
        decoderWidth,
        maxDepthMetres,
        extra,
        fusion,
        labelChannels);
  }

  /** The same with a depth map as a further input. */
  public EdgeOptions withDepthInput(Fusion how) {
    return new EdgeOptions(
        classes, depth, encoder, encoderWidth, decoderWidth, maxDepthMetres, Extra.DEPTH, how, 0);
  }

  /** The same with classes as a further input, one channel for each. */
  public EdgeOptions withLabelsInput(Fusion how, int channels) {
    return new EdgeOptions(
        classes,
        depth,
        encoder,
        encoderWidth,
        decoderWidth,
        maxDepthMetres,
        Extra.LABELS,
        how,
        channels);
  }
}
