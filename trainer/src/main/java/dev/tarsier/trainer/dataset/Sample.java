package dev.tarsier.trainer.dataset;

/**
 * One frame for training or evaluation. The arrays are owned by the sample and are not copied.
 *
 * @param name which frame, for messages: a file name, or a bag and stamp
 * @param width pixels
 * @param height pixels
 * @param rgb uint8 [height, width, 3], RGB
 * @param depthMetres float32 [height, width], metres along the optical axis, NaN = unknown; null
 *     when the sample has no depth
 * @param labels uint8 [height, width], class ids, 255 = ignored; null when the sample has no labels
 * @param soft what a teacher thinks of the frame; null when none was asked
 */
public record Sample(
    String name,
    int width,
    int height,
    byte[] rgb,
    float[] depthMetres,
    byte[] labels,
    SoftLabels soft) {
  /** Checks the sizes. */
  public Sample {
    if (rgb.length != 3 * width * height) {
      throw new IllegalArgumentException(
          "%s: rgb must have %d bytes for %dx%d, got %d"
              .formatted(name, 3 * width * height, width, height, rgb.length));
    }
    if (depthMetres != null && depthMetres.length != width * height) {
      throw new IllegalArgumentException(
          "%s: depth must have %d values as the image (%dx%d), got %d"
              .formatted(name, width * height, width, height, depthMetres.length));
    }
    if (labels != null && labels.length != width * height) {
      throw new IllegalArgumentException(
          "%s: labels must have %d values as the image (%dx%d), got %d"
              .formatted(name, width * height, width, height, labels.length));
    }
  }

  /** A frame of which no teacher was asked. */
  public Sample(
      String name, int width, int height, byte[] rgb, float[] depthMetres, byte[] labels) {
    this(name, width, height, rgb, depthMetres, labels, null);
  }
}
