package dev.tarsier.trainer.dataset;

/**
 * How training frames are varied.
 *
 * @param flip probability of mirroring left and right, 0 to 1
 * @param minScale smallest magnification, 0.25 to 8; below 1 the frame covers a part of the input
 *     only, and the rest is unknown
 * @param maxScale largest magnification, up to 8; metric depth is divided by the magnification
 * @param brightness largest relative change, 0 to 0.9: the image is multiplied by 1 ± this
 * @param contrast largest relative change about the image's mean grey, 0 to 0.9
 * @param saturation largest relative change about each pixel's grey, 0 to 0.9
 * @param gamma largest change of the exponent, 0 to 0.9: from 1/(1 + this) to 1 + this
 */
public record Augmentation(
    double flip,
    double minScale,
    double maxScale,
    double brightness,
    double contrast,
    double saturation,
    double gamma) {
  /** Nothing is varied. */
  public static final Augmentation NONE = new Augmentation(0, 1, 1, 0, 0, 0, 0);

  /** Flip, scale and crop, and mild changes of colour. */
  public static final Augmentation STANDARD = new Augmentation(0.5, 1, 1.6, 0.25, 0.25, 0.25, 0.1);

  /** Checks the ranges. */
  public Augmentation {
    unit("flip", flip, 1);
    unit("brightness", brightness, 0.9);
    unit("contrast", contrast, 0.9);
    unit("saturation", saturation, 0.9);
    unit("gamma", gamma, 0.9);
    if (!(minScale >= 0.25 && minScale <= maxScale && maxScale <= 8)) {
      throw new IllegalArgumentException(
          "scales must be 0.25 <= min_scale <= max_scale <= 8, got %s and %s"
              .formatted(minScale, maxScale));
    }
  }

  /** The same with other magnifications. */
  public Augmentation withScales(double least, double most) {
    return new Augmentation(flip, least, most, brightness, contrast, saturation, gamma);
  }

  /** Whether every frame is seen at its own size. */
  public boolean keepsScale() {
    return minScale == 1 && maxScale == 1;
  }

  private static void unit(String name, double value, double most) {
    if (!(value >= 0 && value <= most)) {
      throw new IllegalArgumentException("%s must be 0 to %s, got %s".formatted(name, most, value));
    }
  }
}
