package dev.tarsier.trainer.training;

/**
 * What a step minimises: {@code classesWeight · L_S + depthWeight · L_D + softWeight · L_T}
 * (methods §1), where L_T is the cross-entropy to a teacher's distribution. Where a network has
 * further outputs {@code classes.*} and {@code depth.*}, each of them adds the same losses (deep
 * supervision).
 *
 * @param classesWeight ≥ 0
 * @param depthWeight ≥ 0
 * @param depth which depth loss
 * @param softWeight ≥ 0; counts only where the data has soft labels
 */
public record Losses(double classesWeight, double depthWeight, Depth depth, double softWeight) {
  /** The depth loss. */
  public enum Depth {
    /** {@link dev.tarsier.trainer.loss.MaskedL1}. */
    L1,
    /** {@link dev.tarsier.trainer.loss.MaskedLogL1}. */
    LOG_L1,
    /** {@link dev.tarsier.trainer.loss.MaskedBerHu}. */
    BERHU
  }

  /** Checks the ranges. */
  public Losses {
    if (!(classesWeight >= 0
        && depthWeight >= 0
        && softWeight >= 0
        && classesWeight + depthWeight + softWeight > 0)) {
      throw new IllegalArgumentException(
          "weights must be >= 0 and not all 0, got %s, %s and %s"
              .formatted(classesWeight, depthWeight, softWeight));
    }
    if (depth == null) {
      throw new IllegalArgumentException("depth must be l1, log_l1 or berhu");
    }
  }

  /** Losses without a teacher's distribution. */
  public Losses(double classesWeight, double depthWeight, Depth depth) {
    this(classesWeight, depthWeight, depth, 0);
  }
}
