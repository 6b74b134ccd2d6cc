package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.Augmentation;
import java.util.List;

/**
 * A further training of the same data that begins with the best epoch of what came before, most
 * often for larger images: a network that has learned from small ones learns large ones in a
 * fraction of the steps (progressive resizing). The learning rates' schedule begins anew.
 *
 * @param epochs of it, ≥ 1
 * @param height of the network's input from then on; null for as it was
 * @param width of the network's input from then on; null for as it was
 * @param rateFactor the first training's learning rates are multiplied by it; 0.2 when null
 * @param minScale smallest magnification in it; null for the first training's
 * @param maxScale largest magnification in it; null for the first training's. Little magnification
 *     lets a network learn things last at the size that it will see them in (Touvron et al.,
 *     "Fixing the train-test resolution discrepancy", 2019)
 */
public record FineTuning(
    Integer epochs,
    Integer height,
    Integer width,
    Double rateFactor,
    Double minScale,
    Double maxScale) {
  /** Fills in and checks the ranges. */
  public FineTuning {
    rateFactor = rateFactor == null ? 0.2 : rateFactor;
    if (epochs == null || epochs < 1) {
      throw new IllegalArgumentException("epochs must be given and >= 1, got " + epochs);
    }
    if (!(rateFactor > 0 && rateFactor <= 1)) {
      throw new IllegalArgumentException(
          "rate_factor must be above 0 and at most 1, got " + rateFactor);
    }
  }

  /** An augmentation as it is from then on. */
  Augmentation varied(Augmentation augmentation) {
    return augmentation.withScales(
        minScale == null ? augmentation.minScale() : minScale,
        maxScale == null ? augmentation.maxScale() : maxScale);
  }

  /** A network as it is after these. */
  static Network after(Network network, List<FineTuning> all) {
    Network now = network;
    for (FineTuning each : all) {
      now =
          now.resized(
              each.height() == null ? now.height() : each.height(),
              each.width() == null ? now.width() : each.width());
    }
    return now;
  }
}
