package dev.tarsier.trainer.training;

/**
 * What a step minimises: {@code classesWeight · L_S + depthWeight · L_D} (methods §1).
 *
 * @param classesWeight ≥ 0
 * @param depthWeight ≥ 0
 * @param depth which depth loss
 */
public record Losses(double classesWeight, double depthWeight, Depth depth) {
  /** The depth loss. */
  public enum Depth {
    /** {@link dev.tarsier.trainer.loss.MaskedL1}. */
    L1,
    /** {@link dev.tarsier.trainer.loss.MaskedLogL1}. */
    LOG_L1
  }

  /** Checks the ranges. */
  public Losses {
    if (!(classesWeight >= 0 && depthWeight >= 0 && classesWeight + depthWeight > 0)) {
      throw new IllegalArgumentException(
          "weights must be >= 0 and not both 0, got %s and %s"
              .formatted(classesWeight, depthWeight));
    }
    if (depth == null) {
      throw new IllegalArgumentException("depth must be l1 or log_l1");
    }
  }
}
