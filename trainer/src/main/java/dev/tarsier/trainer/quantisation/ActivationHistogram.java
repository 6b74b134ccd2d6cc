package dev.tarsier.trainer.quantisation;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The values that a tensor had on the calibration frames: first the ends, then, in a second pass
 * over the same frames, how many that are not 0 in each of 2,048 bins between them. One thread.
 */
final class ActivationHistogram {
  private static final int BINS = 2048;

  /** Ends that are tried on each side by {@link #leastSquares}. */
  private static final int ENDS = 64;

  private final long[] bins = new long[BINS];
  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;
  private long count;
  private final double[] sums;
  private long perChannel;

  /**
   * Nothing seen yet.
   *
   * @param channels of the tensor; its values come channel by channel
   */
  ActivationHistogram(int channels) {
    sums = new double[channels];
  }

  /**
   * First pass: widens the ends.
   *
   * @param values of a frame, to its limit. Not modified.
   * @throws IllegalArgumentException where one is not finite
   */
  void widen(FloatBuffer values) {
    for (int i = 0; i < values.limit(); i++) {
      float value = values.get(i);
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException("a value is " + value);
      }
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    int each = values.limit() / sums.length;
    perChannel += each;
    for (int c = 0; c < sums.length; c++) {
      double sum = 0;
      for (int i = c * each; i < (c + 1) * each; i++) {
        sum += values.get(i);
      }
      sums[c] += sum;
    }
  }

  /**
   * Second pass: counts.
   *
   * @param values of a frame, between the ends. Not modified.
   */
  void count(FloatBuffer values) {
    double perUnit = max > min ? BINS / ((double) max - min) : 0;
    for (int i = 0; i < values.limit(); i++) {
      float value = values.get(i);
      if (value == 0) {
        continue; // held exactly, whatever the range
      }
      int bin = (int) ((value - (double) min) * perUnit);
      bins[Math.max(0, Math.min(BINS - 1, bin))]++;
    }
    count += values.limit();
  }

  /** The mean of each channel. */
  double[] means() {
    return Arrays.stream(sums).map(sum -> sum / perChannel).toArray();
  }

  /** From the least to the largest. */
  Range range() {
    return new Range(min, max);
  }

  /** Without the share of values at either end. */
  Range percentile(double share) {
    long most = (long) (share * count);
    int low = 0;
    for (long cut = bins[0]; low < BINS - 1 && cut <= most; cut += bins[++low]) {
      // goes on
    }
    int high = BINS - 1;
    for (long cut = bins[high]; high > 0 && cut <= most; cut += bins[--high]) {
      // goes on
    }
    return low > high ? range() : new Range(edge(low), edge(high + 1));
  }

  /**
   * The ends for which the mean of (value − held value)² is least. Inside, rounding to a step s has
   * s²/12; outside, a value is held as the end. The upper end is chosen first, then the lower.
   */
  Range leastSquares() {
    if (!(max > min)) {
      return range();
    }
    Range best = range();
    for (int side = 0; side < 2; side++) {
      Range from = best;
      double least = error(from);
      for (int k = 1; k < ENDS; k++) {
        double share = 1 - (double) k / ENDS;
        Range tried =
            side == 0
                ? new Range(from.min(), (float) (from.max() * share))
                : new Range((float) (from.min() * share), from.max());
        double error = error(tried);
        if (error < least) {
          least = error;
          best = tried;
        }
      }
    }
    return best;
  }

  /** Sum over all values. */
  private double error(Range range) {
    double step = Scale.of(range).scale();
    double inside = step * step / 12;
    double width = ((double) max - min) / BINS;
    double sum = 0;
    for (int bin = 0; bin < BINS; bin++) {
      double value = min + (bin + 0.5) * width;
      double beyond = Math.max(range.min() - value, value - range.max());
      sum += bins[bin] * (beyond > 0 ? beyond * beyond : inside);
    }
    return sum;
  }

  private float edge(int bin) {
    return (float) (min + bin * (((double) max - min) / BINS));
  }
}
