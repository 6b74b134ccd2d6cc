package dev.tarsier.trainer.pseudolabel;

import java.util.List;

/**
 * How a teacher labels.
 *
 * @param target what it labels
 * @param threshold τ: a pixel's class counts where its probability is greater; in (0, 1). It says
 *     nothing for depth, which has no threshold (methods §1.2)
 * @param soft whether the whole distribution is kept besides; for classes only
 * @param temperature of the distribution that is kept; greater than 1 makes it softer. Hard labels
 *     and their confidence are of the teachers' own
 * @param scales at which a frame is seen, relative to the network's size; their mean counts
 * @param flip whether a frame is seen mirrored too
 */
public record PseudoLabelOptions(
    Target target,
    double threshold,
    boolean soft,
    double temperature,
    List<Double> scales,
    boolean flip) {
  /** What a teacher labels. */
  public enum Target {
    /** Classes, by a teacher that saw depth. */
    CLASSES,
    /** Metric depth, by a teacher that saw classes: the mirror direction. */
    DEPTH
  }

  /** The published way: hard labels above 0.9, each frame seen once. */
  public static final PseudoLabelOptions FAITHFUL =
      new PseudoLabelOptions(Target.CLASSES, 0.9, false, 1, List.of(1.0), false);

  /** Checks the ranges. */
  public PseudoLabelOptions {
    scales = List.copyOf(scales);
    if (!(threshold > 0 && threshold < 1)) {
      throw new IllegalArgumentException(
          "threshold (tau) must be greater than 0 and less than 1, got " + threshold);
    }
    if (!(temperature > 0 && temperature <= 100)) {
      throw new IllegalArgumentException("temperature must be > 0 and <= 100, got " + temperature);
    }
    if (scales.isEmpty() || scales.stream().anyMatch(s -> !(s >= 0.25 && s <= 4))) {
      throw new IllegalArgumentException(
          "scales must be one or more numbers from 0.25 to 4, got " + scales);
    }
    if (soft && target == Target.DEPTH) {
      throw new IllegalArgumentException("soft labels are for classes; depth has none");
    }
  }

  /** The folders of files that are labels, in the order in which a frame's are hashed. */
  List<String> files() {
    if (target == Target.DEPTH) {
      return List.of("depth");
    }
    return soft ? List.of("labels", "confidence", "soft") : List.of("labels", "confidence");
  }
}
