package dev.tarsier.runtime.accuracy;

/** Where a pixel of one image lies in another of the same view and another size. */
final class Sampling {
  private Sampling() {}

  /**
   * The pixel that holds the centre of another image's pixel.
   *
   * @param index of the pixel along its axis of length {@code size}
   * @param otherSize length of that axis in the other image
   */
  static int nearest(int index, int size, int otherSize) {
    return size == otherSize ? index : (int) ((2L * index + 1) * otherSize / (2L * size));
  }
}
