package dev.tarsier.trainer.dataset;

import java.util.Arrays;

/**
 * Makes frames a whole number of times smaller while they are read, for data sets whose frames are
 * much larger than a network's input. Colour is the mean of a block; depth and labels, which may
 * not be blended over an edge, take the pixel in its middle.
 *
 * @param by 1 leaves frames as they are
 */
public record Shrink(int by) {
  /** Checks the range. */
  public Shrink {
    if (by < 1 || by > 16) {
      throw new IllegalArgumentException("shrink must be 1 to 16, got " + by);
    }
  }

  /** Checks that blocks fill the frame. */
  public void requireFits(String name, int width, int height) {
    if (width % by != 0 || height % by != 0) {
      throw new DataException(
          "%s is %dx%d, which cannot be made %d times smaller in whole pixels"
              .formatted(name, width, height, by));
    }
  }

  /** uint8 [height, width, 3] to [height/by, width/by, 3]. */
  public byte[] rgb(byte[] pixels, int width, int height) {
    if (by == 1) {
      return pixels;
    }
    int w = width / by;
    int h = height / by;
    int area = by * by;
    byte[] small = new byte[3 * w * h];
    int[] sums = new int[3 * w];
    for (int y = 0; y < h; y++) {
      Arrays.fill(sums, 0);
      for (int row = y * by; row < (y + 1) * by; row++) {
        int at = 3 * row * width;
        for (int x = 0; x < w; x++) {
          for (int i = 0; i < by; i++) {
            sums[3 * x] += pixels[at++] & 0xff;
            sums[3 * x + 1] += pixels[at++] & 0xff;
            sums[3 * x + 2] += pixels[at++] & 0xff;
          }
        }
      }
      for (int i = 0; i < sums.length; i++) {
        small[3 * y * w + i] = (byte) ((sums[i] + area / 2) / area);
      }
    }
    return small;
  }

  /** Which pixel of the large frame a pixel of the small one takes its depth and label from. */
  public int from(int i, int width) {
    int w = width / by;
    int x = i % w * by + by / 2;
    int y = i / w * by + by / 2;
    return y * width + x;
  }
}
