package dev.tarsier.trainer.dataset;

/**
 * What a teacher thinks of every pixel of a frame: how probable each class is. It covers the whole
 * frame, at a size of its own. The array is owned by the record and is not copied.
 *
 * @param classes how many, C
 * @param width pixels, w
 * @param height pixels, h
 * @param probabilities uint8 [C, h, w], in 255ths; a pixel with zeros only is not known
 */
public record SoftLabels(int classes, int width, int height, byte[] probabilities) {
  /** Checks the size. */
  public SoftLabels {
    if (probabilities.length != classes * width * height) {
      throw new IllegalArgumentException(
          "soft labels must have %d values for %d classes at %dx%d, got %d"
              .formatted(classes * width * height, classes, width, height, probabilities.length));
    }
  }
}
