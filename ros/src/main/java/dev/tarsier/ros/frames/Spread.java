package dev.tarsier.ros.frames;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Chooses frames that are uncertain and unlike each other. The first is the most uncertain one;
 * each further one has the largest product of its uncertainty and its distance to the nearest of
 * those chosen. Without the uncertainty it is the farthest-first traversal of Gonzalez (Theoretical
 * Computer Science 38, 1985), which Sener and Savarese choose samples to label by ("core-set", ICLR
 * 2018); the product with informativeness is that of density-weighted methods (Settles and Craven,
 * EMNLP 2008, information density).
 *
 * <p>The distance is the mean of two, each at most 1: time between frames over a twentieth of the
 * recording, and the difference of thumbnails over the median one.
 */
final class Spread {
  /** Frames that are as far apart as this share of the recording are of different places. */
  private static final double FAR_IN_TIME = 0.05;

  /** Pairs that the median difference of thumbnails is found from. */
  private static final int PAIRS = 2000;

  private final double[] doubts;
  private final long[] nanos;
  private final float[][] looks;
  private final double farNanos;
  private final double usualDifference;

  /**
   * @param doubts how uncertain each frame is, ≥ 0. Not modified.
   * @param nanos when each was taken, ascending. Not modified.
   * @param looks a thumbnail of each, of equal lengths. Not modified.
   */
  Spread(double[] doubts, long[] nanos, float[][] looks) {
    this.doubts = doubts;
    this.nanos = nanos;
    this.looks = looks;
    int n = nanos.length;
    this.farNanos = n == 0 ? 1 : Math.max(1, FAR_IN_TIME * (nanos[n - 1] - nanos[0]));
    double[] differences = new double[n < 2 ? 0 : PAIRS];
    for (int i = 0; i < differences.length; i++) {
      // steps that share no divisor with each other meet pairs of all distances
      int a = (int) (7919L * i % n);
      int b = (int) ((104_729L * i + 1 + i / n) % n);
      differences[i] = difference(looks[a], looks[b]);
    }
    Arrays.sort(differences);
    this.usualDifference =
        differences.length == 0 ? 1 : Math.max(1e-9, differences[differences.length / 2]);
  }

  private static double difference(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }

  private double distance(int a, int b) {
    double time = Math.min(1, Math.abs(nanos[a] - nanos[b]) / farNanos);
    double look = Math.min(1, difference(looks[a], looks[b]) / usualDifference);
    return (time + look) / 2;
  }

  /** The chosen ones, best first; all where there are no more. */
  List<Integer> choose(int wanted) {
    int n = doubts.length;
    double[] nearest = new double[n];
    Arrays.fill(nearest, 1);
    List<Integer> chosen = new ArrayList<>();
    boolean[] taken = new boolean[n];
    while (chosen.size() < Math.min(wanted, n)) {
      int best = -1;
      for (int i = 0; i < n; i++) {
        if (!taken[i] && (best < 0 || doubts[i] * nearest[i] > doubts[best] * nearest[best])) {
          best = i;
        }
      }
      taken[best] = true;
      chosen.add(best);
      for (int i = 0; i < n; i++) {
        nearest[i] = Math.min(nearest[i], distance(i, best));
      }
    }
    return chosen;
  }
}
