package dev.tarsier.runtime.accuracy;

import java.util.Arrays;

/**
 * The median of many values: they are counted by their leading bits, which order them, and only
 * those that share the middle one's are looked at further. Owned by one thread.
 */
final class Median {
  /** Sign, exponent and three bits of the fraction. */
  private static final int BITS = 12;

  private final int[] counts = new int[1 << BITS];

  /** Of every other value: neighbours are alike, and one count would wait for the other. */
  private final int[] others = new int[1 << BITS];

  private float[] near = new float[0];

  /**
   * The middle value; the mean of the two middle ones when there are two.
   *
   * @param values without NaN in the first {@code length}. Not modified.
   * @param length at least 1
   */
  double of(float[] values, int length) {
    Arrays.fill(counts, 0);
    Arrays.fill(others, 0);
    for (int i = 0; i + 1 < length; i += 2) {
      counts[bin(values[i])]++;
      others[bin(values[i + 1])]++;
    }
    for (int i = 0; i < counts.length; i++) {
      counts[i] += others[i];
    }
    if (length % 2 == 1) {
      counts[bin(values[length - 1])]++;
    }
    int middle = length / 2;
    int below = 0;
    int bin = 0;
    while (below + counts[bin] <= middle) {
      below += counts[bin++];
    }
    if (near.length < counts[bin]) {
      near = new float[counts[bin]];
    }
    int found = 0;
    for (int i = 0; found < counts[bin]; i++) {
      if (bin(values[i]) == bin) {
        near[found++] = values[i];
      }
    }
    float upper = select(near, found, middle - below);
    if (length % 2 == 1) {
      return upper;
    }
    return 0.5 * ((double) lower(values, length, bin, middle - below) + upper);
  }

  /** The value before the upper middle one: among its like, or the largest before all of them. */
  private float lower(float[] values, int length, int bin, int before) {
    float lower = Float.NEGATIVE_INFINITY;
    if (before > 0) {
      for (int i = 0; i < before; i++) {
        lower = Math.max(lower, near[i]);
      }
      return lower;
    }
    for (int i = 0; i < length; i++) {
      if (bin(values[i]) < bin) {
        lower = Math.max(lower, values[i]);
      }
    }
    return lower;
  }

  /** A float's bits order it, but for the sign. */
  private static int bin(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (bits ^ ((bits >> 31) | Integer.MIN_VALUE)) >>> (Integer.SIZE - BITS);
  }

  /**
   * The value that sorting would put at {@code index}, in linear time: Hoare's FIND (CACM 4(7),
   * 1961, algorithm 65), with the median of three as pivot.
   *
   * @param values without NaN. Modified: none before {@code index} is larger than it.
   */
  private static float select(float[] values, int length, int index) {
    int first = 0;
    int last = length - 1;
    while (first < last) {
      float pivot = middle(values[first], values[(first + last) >>> 1], values[last]);
      int up = first;
      int down = last;
      while (up <= down) {
        while (values[up] < pivot) {
          up++;
        }
        while (values[down] > pivot) {
          down--;
        }
        if (up <= down) {
          float swapped = values[up];
          values[up++] = values[down];
          values[down--] = swapped;
        }
      }
      if (index <= down) {
        last = down;
      } else if (index >= up) {
        first = up;
      } else {
        break;
      }
    }
    return values[index];
  }

  private static float middle(float a, float b, float c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }
}
