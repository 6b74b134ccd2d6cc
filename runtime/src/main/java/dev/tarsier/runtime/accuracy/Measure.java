package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.util.Map;

/**
 * Collects how good a head is over the images of a data set. What is measured is what the robot
 * publishes, at the size of the truth. Owned by one thread.
 */
public interface Measure {
  /**
   * Adds an image.
   *
   * @param predicted what the head said. Not modified.
   * @param truth of the same view, of any size. Not modified.
   * @return the image's own figures, by the names of {@link Metrics}, the one to judge it by first;
   *     empty where nothing was scored
   */
  ImageScore add(Plane predicted, Plane truth);

  /**
   * Every metric of {@link Metrics} by its name, in their order; empty where nothing was scored.
   */
  Map<String, Double> values();

  /** Pixels, or images where there is one value for each, that were scored. */
  long scored();

  /** Share of what has a truth that had a prediction; NaN when there was none. */
  double coverage();

  /**
   * The figures of one image.
   *
   * @param scored pixels
   * @param values by metric
   */
  record ImageScore(long scored, Map<String, Double> values) {
    /** Nothing was scored. */
    static final ImageScore NONE = new ImageScore(0, Map.of());
  }

  /**
   * The measure of a head, with nothing added.
   *
   * @param pixels which pixels of metric maps are scored
   */
  static Measure of(Head head, ScoredPixels pixels) {
    return head.kind()
        .accept(
            new HeadKind.Visitor<Measure>() {
              @Override
              public Measure classMap(ClassMap kind) {
                return new ClassMapMeasure(head.id(), kind);
              }

              @Override
              public Measure metricMap(MetricMap kind) {
                return new MetricMapMeasure(head.id(), pixels);
              }

              @Override
              public Measure relativeMap(RelativeMap kind) {
                return new RelativeMapMeasure(head.id(), kind, pixels);
              }

              @Override
              public Measure unitVectorMap(UnitVectorMap kind) {
                return new AngleErrors(head.id());
              }

              @Override
              public Measure imageClass(ImageClass kind) {
                return new ImageClassMeasure(head.id(), kind);
              }
            });
  }
}
