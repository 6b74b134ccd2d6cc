package dev.tarsier.trainer.objective;

import java.util.Arrays;

/** Positive weights of numbers, which sum to 1. */
final class Softmax {
  private Softmax() {}

  /** {@code exp(v_i) / Σ exp(v_j)}. */
  static double[] of(double[] values) {
    double most = Arrays.stream(values).max().orElse(0);
    double[] powers = Arrays.stream(values).map(value -> Math.exp(value - most)).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }
}
