package dev.tarsier.trainer.experiment;

/**
 * By how much one row is better than another, and whether that is more than chance of the seeds
 * explains.
 *
 * @param mean difference of the means in the column's unit; positive is better; NaN where a row is
 *     missing
 * @param spread standard deviation of that difference: the root of the rows' summed variances over
 *     their seeds
 * @param verdict what follows: decided where the difference is larger than the spread
 */
record Gain(double mean, double spread, Affinity.Verdict verdict) {
  /** Of one row over another. */
  static Gain of(Column column, Spread with, Spread without) {
    double difference = with.mean() - without.mean();
    double mean = column.higherIsBetter() ? difference : -difference;
    double spread = Math.hypot(with.deviation(), without.deviation());
    Affinity.Verdict verdict;
    if (with.count() < 2 || without.count() < 2 || Double.isNaN(mean) || Double.isNaN(spread)) {
      verdict = Affinity.Verdict.UNMEASURED;
    } else if (Math.abs(mean) <= spread) {
      verdict = Affinity.Verdict.UNDECIDED;
    } else {
      verdict = mean > 0 ? Affinity.Verdict.HELPS : Affinity.Verdict.HARMS;
    }
    return new Gain(mean, spread, verdict);
  }
}
