package dev.tarsier.trainer.optimiser;

/**
 * How the learning rate goes over a run: a factor for each step.
 *
 * @param kind the curve after the warm-up
 * @param warmUpSteps over these first steps the factor rises from near 0 in a straight line
 * @param last the factor at the end of COSINE and POLY, 0 to 1
 * @param power the exponent of POLY: {@code (1 − t)^power}
 * @param everyEpochs STEP multiplies by {@code drop} whenever so many epochs are done
 * @param drop what STEP multiplies by, above 0, at most 1
 */
public record Schedule(
    Kind kind, int warmUpSteps, double last, double power, int everyEpochs, double drop) {
  /** The curve. */
  public enum Kind {
    /** Always 1. */
    CONSTANT,
    /** Half a cosine from 1 to {@code last}. */
    COSINE,
    /** {@code (1 − t)^power}, from 1 to {@code last}. */
    POLY,
    /** Drops by a factor every so many epochs. */
    STEP
  }

  /** The rates as they are, all the time. */
  public static final Schedule CONSTANT = new Schedule(Kind.CONSTANT, 0, 0, 1, 1, 1);

  /** Checks the ranges. */
  public Schedule {
    if (kind == null) {
      throw new IllegalArgumentException("kind must be constant, cosine, poly or step");
    }
    if (warmUpSteps < 0) {
      throw new IllegalArgumentException("warm_up_steps must be >= 0, got " + warmUpSteps);
    }
    if (!(last >= 0 && last <= 1)) {
      throw new IllegalArgumentException("last must be 0 to 1, got " + last);
    }
    if (!(power > 0)) {
      throw new IllegalArgumentException("power must be > 0, got " + power);
    }
    if (everyEpochs < 1 || !(drop > 0 && drop <= 1)) {
      throw new IllegalArgumentException(
          "every_epochs must be >= 1 and drop above 0 and at most 1, got %d and %s"
              .formatted(everyEpochs, drop));
    }
  }

  /**
   * The factor of a step.
   *
   * @param step counted from 0
   * @param totalSteps of the run
   * @param stepsPerEpoch of the run
   */
  public double factor(long step, long totalSteps, int stepsPerEpoch) {
    int drops = Math.toIntExact(step / stepsPerEpoch / everyEpochs);
    double rise = step < warmUpSteps ? (step + 1.0) / (warmUpSteps + 1.0) : 1;
    double span = Math.max(1, totalSteps - warmUpSteps);
    double t = Math.max(0, Math.min(1, (step - warmUpSteps) / span));
    double curve =
        switch (kind) {
          case CONSTANT -> 1;
          case COSINE -> last + (1 - last) * 0.5 * (1 + Math.cos(Math.PI * t));
          case POLY -> last + (1 - last) * Math.pow(1 - t, power);
          case STEP -> Math.pow(drop, drops);
        };
    return rise * curve;
  }
}
