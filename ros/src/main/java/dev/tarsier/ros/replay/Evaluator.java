package dev.tarsier.ros.replay;

import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Compares outputs with what the bag knows, head by head. One owner thread. */
final class Evaluator {
  private final Map<String, HeadEvaluator> heads = new LinkedHashMap<>();

  /**
   * @param heads of the bundle, in its order
   */
  Evaluator(List<Head> heads) {
    heads.forEach(head -> this.heads.put(head.id(), new HeadEvaluator(head)));
  }

  /**
   * Takes what was predicted, whether or not there is truth for it.
   *
   * @param planes by head. Not modified.
   */
  void predicted(Map<String, Plane> planes) {
    heads.forEach((id, head) -> head.predicted(planes.get(id)));
  }

  /**
   * Judges an image.
   *
   * @param image Not modified.
   * @param truths by head. Not modified.
   */
  FrameScore add(Perceived image, Map<String, Plane> truths) {
    Map<String, Double> values = new LinkedHashMap<>();
    double error = Double.NaN;
    double lacking = Double.NaN;
    for (Map.Entry<String, HeadEvaluator> each : heads.entrySet()) {
      Plane truth = truths.get(each.getKey());
      if (truth == null) {
        continue;
      }
      Map<String, Double> own = each.getValue().add(image.planes().get(each.getKey()), truth);
      values.putAll(own);
      double first = own.isEmpty() ? Double.NaN : own.values().iterator().next();
      if (each.getValue().givesErrors()) {
        error = Double.isNaN(error) ? first : error;
      } else {
        lacking = Double.isNaN(lacking) ? 1 - first : lacking;
      }
    }
    double badness = Double.isNaN(error) ? lacking : error;
    return new FrameScore(values, Double.isNaN(badness) ? -1 : badness);
  }

  /**
   * What the figures of a head rest on.
   *
   * @param images that there are
   */
  Coverage coverage(String head, long images) {
    return heads.get(head).coverage(images);
  }

  /** Figures by metric name. */
  Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    heads.values().forEach(head -> values.putAll(head.values()));
    return values;
  }

  /** Per class, by head; heads without classes are left out. */
  Map<String, List<ReplayReport.ClassFigures>> classFigures() {
    return byHead(HeadEvaluator::classFigures);
  }

  /** Error by true value, by head; heads without are left out. */
  Map<String, List<ReplayReport.DistanceBand>> bands() {
    return byHead(HeadEvaluator::bands);
  }

  private <T> Map<String, List<T>> byHead(Function<HeadEvaluator, List<T>> of) {
    Map<String, List<T>> found = new LinkedHashMap<>();
    heads.forEach(
        (id, head) -> {
          List<T> its = of.apply(head);
          if (!its.isEmpty()) {
            found.put(id, its);
          }
        });
    return found;
  }
}
