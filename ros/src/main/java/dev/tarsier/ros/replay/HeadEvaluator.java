package dev.tarsier.ros.replay;

import dev.tarsier.runtime.accuracy.ClassMapMeasure;
import dev.tarsier.runtime.accuracy.Measure;
import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Compares what one head says with what the bag knows. One owner thread. */
final class HeadEvaluator {
  private final Head head;
  private final Measure measure;
  private final DistanceBands bands = new DistanceBands();
  private final long[] predicted = new long[256];
  private final boolean errors;
  private long judged;

  HeadEvaluator(Head head) {
    this.head = head;
    this.measure = Measure.of(head, ScoredPixels.FULL);
    this.errors = Metrics.of(head).get(0).better() == Metric.Better.LOWER;
  }

  /** Whether the figure to judge an image by is an error, and not a share that is right. */
  boolean givesErrors() {
    return errors;
  }

  /**
   * Takes what was predicted, whether or not there is truth for it.
   *
   * @param plane on the heap. Not modified.
   */
  void predicted(Plane plane) {
    if (head.kind() instanceof ClassMap) {
      for (byte id : plane.idArray()) {
        predicted[Byte.toUnsignedInt(id)]++;
      }
    }
  }

  /**
   * Judges an image.
   *
   * @param plane what was predicted. Not modified.
   * @param truth Not modified.
   * @return the image's own figures by metric, the one to judge it by first
   */
  Map<String, Double> add(Plane plane, Plane truth) {
    Measure.ImageScore score = measure.add(plane, truth);
    if (head.kind() instanceof MetricMap) {
      bands.add(plane, truth);
    }
    judged +=
        score.scored() > 0
                && score.scored() >= Coverage.LEAST_OF_A_FRAME * truth.width() * truth.height()
            ? 1
            : 0;
    return score.values();
  }

  /**
   * What the figures rest on.
   *
   * @param images that there are
   */
  Coverage coverage(long images) {
    return new Coverage(judged, images, measure.scored(), measure.coverage());
  }

  /** Figures by metric name. */
  Map<String, Double> values() {
    return measure.values();
  }

  /** Per class, in id order; empty for what has no classes for pixels. */
  List<ReplayReport.ClassFigures> classFigures() {
    if (!(head.kind() instanceof ClassMap kind) || !(measure instanceof ClassMapMeasure matrix)) {
      return List.of();
    }
    double[] iou = matrix.iouPerClass();
    double all = Arrays.stream(predicted).sum();
    return kind.classes().stream()
        .map(
            each ->
                new ReplayReport.ClassFigures(
                    each.id(),
                    each.name(),
                    each.color(),
                    all == 0 ? 0 : predicted[each.id()] / all,
                    each.id() < iou.length ? ReplayReport.finite(iou[each.id()]) : null))
        .toList();
  }

  /** Error by true value; empty for what is no metric map, or was not judged. */
  List<ReplayReport.DistanceBand> bands() {
    return bands.bands();
  }
}
