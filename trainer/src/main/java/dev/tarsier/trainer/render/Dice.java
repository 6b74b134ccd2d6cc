package dev.tarsier.trainer.render;

/**
 * A stream of random numbers that is the same on every machine: SplitMix64 (Steele et al., OOPSLA
 * 2014). Independent streams come from {@link #child}, so that what one object draws does not
 * change what the next one gets. Not thread-safe.
 */
final class Dice {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private final long seed;
  private long state;

  Dice(long seed) {
    this.seed = seed;
    this.state = mix(seed);
  }

  /** Mixes 64 bits; a bijection. */
  static long mix(long value) {
    long z = value + GAMMA;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A number in [0, 1) that depends on the two values only. */
  static double hash(long a, long b) {
    return (mix(a * 0xD1B54A32D192ED03L + mix(b)) >>> 11) * 0x1.0p-53;
  }

  /** A stream of its own for the thing that the salt names. */
  Dice child(long salt) {
    return new Dice(mix(seed ^ mix(salt)));
  }

  long nextLong() {
    state += GAMMA;
    return mix(state);
  }

  double next() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  double between(double low, double high) {
    return low + (high - low) * next();
  }

  /** An integer in [0, count). */
  int below(int count) {
    return (int) (next() * count);
  }

  /** An integer in [low, high]. */
  int from(int low, int high) {
    return low + below(high - low + 1);
  }

  boolean chance(double probability) {
    return next() < probability;
  }

  /** Roughly normal, mean 0, deviation 1, never beyond 4.9: a sum of eight uniforms. */
  double bell() {
    double sum = 0;
    for (int i = 0; i < 8; i++) {
      sum += next();
    }
    return (sum - 4) * 1.224744871391589;
  }

  <T> T oneOf(java.util.List<T> choices) {
    return choices.get(below(choices.size()));
  }
}
