package dev.tarsier.trainer.evaluation;

import dev.tarsier.runtime.accuracy.ClassMapMeasure;
import dev.tarsier.runtime.accuracy.Measure;
import dev.tarsier.runtime.accuracy.MiouProtocol;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.task.Task;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects figures over a data set. Predictions are scored at the size of the truth, taken at the
 * nearest pixel: what is measured is what the robot publishes. One thread.
 */
public final class Scores {
  private final List<Task> tasks;
  private final ScoredPixels protocol;
  private final Map<String, Measure> measures = new LinkedHashMap<>();

  /**
   * Nothing measured yet.
   *
   * @param tasks what is scored
   * @param protocol which pixels of metric maps are scored
   */
  public Scores(List<Task> tasks, ScoredPixels protocol) {
    this.tasks = List.copyOf(tasks);
    this.protocol = protocol;
    tasks.forEach(task -> measures.put(task.id(), Measure.of(task.head(), protocol)));
  }

  /**
   * Adds what was said of a frame.
   *
   * @param task one of those that are scored
   * @param truth counts nothing where it has nothing for the task. Not modified.
   * @param said what was predicted. Not modified.
   */
  public void add(Task task, Sample truth, Plane said) {
    Plane known = task.target(truth.known());
    if (known != null) {
      measures.get(task.id()).add(said, known);
    }
  }

  /** The figures by metric; only those of which there was something to score. */
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    measures.values().forEach(measure -> values.putAll(measure.values()));
    return values;
  }

  /**
   * Intersection over union by the name of the class, of the classes that truth or prediction has;
   * empty where no classes were scored.
   */
  public Map<String, Double> iouByClass() {
    Map<String, Double> byClass = new LinkedHashMap<>();
    for (Task task : tasks) {
      if (task.head().kind() instanceof ClassMap kind
          && measures.get(task.id()) instanceof ClassMapMeasure measure
          && !measure.values().isEmpty()) {
        double[] iou = measure.iouPerClass();
        for (ClassLabel each : kind.classes()) {
          if (each.id() < iou.length && !Double.isNaN(iou[each.id()])) {
            byClass.put(each.name(), iou[each.id()]);
          }
        }
      }
    }
    return byClass;
  }

  /** What the figures' definitions are, for a report. */
  public String protocol() {
    return "miou=%s, pixels=%s, nearest pixel at the truth's size"
        .formatted(MiouProtocol.DATASET.id(), protocol.id());
  }
}
