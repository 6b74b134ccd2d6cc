package dev.tarsier.trainer.pseudolabel;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.task.TaskName;
import java.util.List;

/**
 * What a teacher labels, and which of its answers count (methods §1): a recipe's section {@code
 * pseudo_labels}, whose defaults are the paper's.
 *
 * @param data whose frames are labelled; where they have labels, theirs stand. Empty where the
 *     frames are given otherwise
 * @param target what is predicted: {@code classes}, or {@code depth} in the mirror direction
 * @param threshold τ: a pixel's class counts where its probability is greater; in (0, 1). It says
 *     nothing for depth, which has no threshold (methods §1.2)
 * @param soft whether the whole distribution is kept besides, for classes only; the student learns
 *     from it with {@code losses.soft_weight}
 * @param temperature of the distribution that is kept; greater than 1 makes it softer. Hard labels
 *     and their confidence are of the teachers' own
 * @param scales at which a frame is seen, relative to the network's size; their mean counts
 * @param flip whether a frame is seen mirrored too
 */
public record PseudoLabelOptions(
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<DataSet> data,
    TaskName target,
    double threshold,
    boolean soft,
    double temperature,
    List<Double> scales,
    boolean flip) {
  /** Checks the ranges. */
  public PseudoLabelOptions {
    data = data == null ? List.of() : List.copyOf(data);
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
    if (!(target.isOfClasses() || target.kind() instanceof MetricMap)) {
      throw new IllegalArgumentException(
          "target must be of classes or a measure, got %s, whose labels cannot be kept"
              .formatted(target));
    }
    if (soft && !target.isOfClasses()) {
      throw new IllegalArgumentException(
          "soft labels are for classes; %s has none".formatted(target));
    }
  }

  /** For frames that are given otherwise. */
  public PseudoLabelOptions(
      TaskName target,
      double threshold,
      boolean soft,
      double temperature,
      List<Double> scales,
      boolean flip) {
    this(List.of(), target, threshold, soft, temperature, scales, flip);
  }

  /** The same of another task; a distribution is kept of classes alone. */
  public PseudoLabelOptions aimedAt(TaskName other) {
    return other.equals(target)
        ? this
        : new PseudoLabelOptions(
            data,
            other,
            threshold,
            soft && other.isOfClasses(),
            other.isOfClasses() ? temperature : 1,
            scales,
            flip);
  }

  /** The same without the data, of which a folder of labels says more. */
  PseudoLabelOptions withoutData() {
    return new PseudoLabelOptions(target, threshold, soft, temperature, scales, flip);
  }

  /** The folders of files that are labels, in the order in which a frame's are hashed. */
  List<String> files() {
    if (!target.isOfClasses()) {
      return List.of(target.type().id());
    }
    return soft
        ? List.of("labels", PseudoLabelManifest.CONFIDENCE, "soft")
        : List.of("labels", PseudoLabelManifest.CONFIDENCE);
  }
}
