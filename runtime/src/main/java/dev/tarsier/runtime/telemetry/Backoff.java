package dev.tarsier.runtime.telemetry;

import java.util.random.RandomGenerator;

/**
 * How long to wait between two attempts: doubling from the least to the most, each shortened by up
 * to a quarter, so that many robots do not return to one broker in step. Owned by one thread.
 */
final class Backoff {
  private final long leastMillis;
  private final long mostMillis;
  private final RandomGenerator random;
  private long nextMillis;

  Backoff(long leastMillis, long mostMillis, RandomGenerator random) {
    this.leastMillis = Math.min(leastMillis, mostMillis);
    this.mostMillis = mostMillis;
    this.random = random;
    this.nextMillis = this.leastMillis;
  }

  long nextMillis() {
    long wait = nextMillis;
    nextMillis = Math.min(mostMillis, 2 * nextMillis);
    return wait - random.nextLong(wait / 4 + 1);
  }

  void reset() {
    nextMillis = leastMillis;
  }
}
