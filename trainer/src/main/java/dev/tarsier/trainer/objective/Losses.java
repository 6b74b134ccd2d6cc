package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
 * @param balancer how much each of them counts; null for the sum with these weights
 */
public record Losses(
    double classesWeight,
    double depthWeight,
    Depth depth,
    double softWeight,
    // Only where it is another: recipes that say nothing of it keep their hashes.
    @JsonInclude(JsonInclude.Include.NON_NULL) Balancer.Options balancer) {
  /** The output with class logits, and the loss of its labels. */
  public static final String CLASSES = "classes";

  /** The output with metres, and its loss. */
  public static final String DEPTH = "depth";

  /** The loss to a teacher's distribution. */
  public static final String SOFT = "soft";

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
    balancer = new FixedWeights.Options().equals(balancer) ? null : balancer;
  }

  /** Losses without a teacher's distribution. */
  public Losses(double classesWeight, double depthWeight, Depth depth) {
    this(classesWeight, depthWeight, depth, 0, null);
  }

  /** What is minimised; without what has no weight. */
  public List<Objective> objectives() {
    List<Objective> objectives = new ArrayList<>();
    if (classesWeight > 0) {
      objectives.add(new LabelledClasses());
    }
    if (depthWeight > 0) {
      objectives.add(new MeasuredDepth(depth));
    }
    if (softWeight > 0) {
      objectives.add(new SoftTargets());
    }
    return objectives;
  }

  /**
   * What balances them.
   *
   * @param base arrays of its own live in it
   * @param seed of all that is random in it
   */
  public Balancer balancer(NDManager base, long seed) {
    Balancer.Options options = balancer == null ? new FixedWeights.Options() : balancer;
    return options.create(
        Map.of(CLASSES, classesWeight, DEPTH, depthWeight, SOFT, softWeight), base, seed);
  }
}
