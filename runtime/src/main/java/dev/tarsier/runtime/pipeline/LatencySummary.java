package dev.tarsier.runtime.pipeline;

import org.HdrHistogram.Histogram;

/**
 * Durations, summed up. All zero when nothing was recorded.
 *
 * @param count how many
 * @param meanNanos their mean
 * @param p50Nanos half were at most this
 * @param p95Nanos 95 % were at most this
 * @param p99Nanos 99 % were at most this
 * @param maxNanos the longest
 */
public record LatencySummary(
    long count, double meanNanos, long p50Nanos, long p95Nanos, long p99Nanos, long maxNanos) {
  /** Nothing was recorded. */
  public static final LatencySummary NONE = new LatencySummary(0, 0, 0, 0, 0, 0);

  /** The summary of a histogram of nanoseconds. Not modified. */
  public static LatencySummary of(Histogram nanos) {
    if (nanos.getTotalCount() == 0) {
      return NONE;
    }
    return new LatencySummary(
        nanos.getTotalCount(),
        nanos.getMean(),
        nanos.getValueAtPercentile(50),
        nanos.getValueAtPercentile(95),
        nanos.getValueAtPercentile(99),
        nanos.getMaxValue());
  }

  /** Half were at most this many milliseconds. */
  public double p50Millis() {
    return p50Nanos / 1e6;
  }

  /** 95 % were at most this many milliseconds. */
  public double p95Millis() {
    return p95Nanos / 1e6;
  }

  /** 99 % were at most this many milliseconds. */
  public double p99Millis() {
    return p99Nanos / 1e6;
  }

  /** The longest in milliseconds. */
  public double maxMillis() {
    return maxNanos / 1e6;
  }
}
