package dev.tarsier.trainer.dataset;

import java.util.SplittableRandom;

/** Seeds of seeds, and what is drawn by them: neighbouring inputs give unrelated results. */
public final class Seeds {
  private Seeds() {}

  /** Steele, Lea and Flood's SplitMix64 finaliser over both values. */
  static long mix(long a, long b) {
    long z = a + 0x9E3779B97F4A7C15L * (b + 1);
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** The numbers below a size in an order that both values decide. */
  public static int[] shuffled(int size, long a, long b) {
    SplittableRandom random = new SplittableRandom(mix(a, b));
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
