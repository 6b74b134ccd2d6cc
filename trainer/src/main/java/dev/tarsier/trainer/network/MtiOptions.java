package dev.tarsier.trainer.network;

/**
 * Settings of the {@link MtiNet} network.
 *
 * @param classes number of classes, 2 to 255; 0 for no class head
 * @param depth whether there is a depth head
 * @param maxDepthMetres depth lies between 0 and this
 * @param outputStride the outputs are this much smaller than the image: 1 as in the paper, or 2 or
 *     4, which make a training step cheaper, for the losses then have 4 or 16 times fewer pixels
 * @param extra what it sees besides the image
 * @param fusion where that joins the image; says nothing where there is no extra
 * @param labelChannels classes of the one-hot input where the extra is {@link Extra#LABELS},
 *     otherwise 0
 */
public record MtiOptions(
    int classes,
    boolean depth,
    double maxDepthMetres,
    int outputStride,
    Extra extra,
    Fusion fusion,
    int labelChannels) {
  /** Checks the settings. */
  public MtiOptions {
    if (classes < 0 || classes == 1 || classes > 255) {
      throw new IllegalArgumentException(
          "classes must be 2 to 255, or 0 for no class head, got " + classes);
    }
    if (classes == 0 && !depth) {
      throw new IllegalArgumentException("a network needs classes, depth, or both");
    }
    if (!(maxDepthMetres > 0 && Double.isFinite(maxDepthMetres))) {
      throw new IllegalArgumentException("maxDepthMetres must be > 0, got " + maxDepthMetres);
    }
    if (outputStride != 1 && outputStride != 2 && outputStride != 4) {
      throw new IllegalArgumentException("outputStride must be 1, 2 or 4, got " + outputStride);
    }
    if (extra == Extra.LABELS ? labelChannels < 2 || labelChannels > 255 : labelChannels != 0) {
      throw new IllegalArgumentException(
          "labelChannels must be 2 to 255 where the extra input is labels, otherwise 0, got "
              + labelChannels);
    }
  }

  /** Both heads, the image alone, outputs of the image's size, depth to 10 m. */
  public static MtiOptions standard(int classes) {
    return new MtiOptions(classes, true, 10, 1, Extra.NONE, Fusion.FEATURES, 0);
  }

  /** The same with other heads. */
  public MtiOptions withHeads(int otherClasses, boolean otherDepth) {
    return new MtiOptions(
        otherClasses, otherDepth, maxDepthMetres, outputStride, extra, fusion, labelChannels);
  }

  /** The same with outputs of another size. */
  public MtiOptions withOutputStride(int stride) {
    return new MtiOptions(classes, depth, maxDepthMetres, stride, extra, fusion, labelChannels);
  }

  /** The same with a depth map as a further input. */
  public MtiOptions withDepthInput(Fusion how) {
    return new MtiOptions(classes, depth, maxDepthMetres, outputStride, Extra.DEPTH, how, 0);
  }

  /** The same with classes as a further input, one channel for each. */
  public MtiOptions withLabelsInput(Fusion how, int channels) {
    return new MtiOptions(
        classes, depth, maxDepthMetres, outputStride, Extra.LABELS, how, channels);
  }
}
