package dev.tarsier.trainer.quantisation;

import java.util.Locale;

/** How the range of a tensor follows from the values that were seen. */
public enum RangeRule {
  /** All of them: nothing is cut off. */
  MIN_MAX {
    @Override
    Range of(ActivationHistogram seen) {
      return seen.range();
    }
  },
  /** All but one in 100,000, cut off at the ends: a single outlier costs no precision. */
  PERCENTILE {
    @Override
    Range of(ActivationHistogram seen) {
      return seen.percentile(1e-5);
    }
  },
  /** The range with the least mean square error, of rounding inside and of cutting off outside. */
  MSE {
    @Override
    Range of(ActivationHistogram seen) {
      return seen.leastSquares();
    }
  };

  abstract Range of(ActivationHistogram seen);

  /** The name in recipes. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
