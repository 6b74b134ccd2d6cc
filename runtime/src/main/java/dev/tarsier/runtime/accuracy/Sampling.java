package dev.tarsier.runtime.accuracy;

/** Where a pixel of one image lies in another of the same view and another size. Any thread. */
public final class Sampling {
  private Sampling() {}

  /**
   * The pixel that holds the centre of another image's pixel.
   *
   * @param index of the pixel along its axis of length {@code size}
   * @param otherSize length of that axis in the other image
   */
  public static int nearest(int index, int size, int otherSize) {
    return size == otherSize ? index : (int) ((2L * index + 1) * otherSize / (2L * size));
  }

  /** {@link #nearest} of each index of an axis, for a loop over many rows. */
  public static int[] nearestOfEach(int size, int otherSize) {
    int[] others = new int[size];
    for (int i = 0; i < size; i++) {
      others[i] = nearest(i, size, otherSize);
    }
    return others;
  }

  /**
   * The same for both axes.
   *
   * @param pixel counted along the rows of an image of {@code width} and {@code height}
   * @return counted along the rows of the other image
   */
  public static int nearest(int pixel, int width, int height, int otherWidth, int otherHeight) {
    return nearest(Math.floorDiv(pixel, width), height, otherHeight) * otherWidth
        + nearest(pixel % width, width, otherWidth);
  }

  /**
   * The pixel that holds the corner of another image's pixel: an exported network enlarges its
   * classes so. Where the sizes' ratio is whole it is the nearest.
   */
  public static int atCorner(int index, int size, int otherSize) {
    return index * otherSize / size;
  }
}
