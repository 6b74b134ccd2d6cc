package dev.tarsier.trainer.experiment;

import java.util.Collection;

/**
 * Mean and spread of what several seeds gave.
 *
 * @param count how many
 * @param mean NaN for none
 * @param deviation the sample's standard deviation (divisor n − 1); NaN for fewer than two
 */
public record Spread(int count, double mean, double deviation) {
  /** Of values. */
  public static Spread of(Collection<Double> values) {
    int n = values.size();
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    double mean = n == 0 ? Double.NaN : sum / n;
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return new Spread(n, mean, n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1)));
  }
}
