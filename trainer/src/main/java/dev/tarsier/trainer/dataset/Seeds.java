package dev.tarsier.trainer.dataset;

/** Makes seeds of seeds: neighbouring inputs give unrelated results. */
final class Seeds {
  private Seeds() {}

  /** Steele, Lea and Flood's SplitMix64 finaliser over both values. */
  static long mix(long a, long b) {
    long z = a + 0x9E3779B97F4A7C15L * (b + 1);
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
