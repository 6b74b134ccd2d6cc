package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Plane;
import java.util.LinkedHashMap;
import java.util.Map;

/** Confusion of class ids, in the protocol {@link MiouProtocol#DATASET}. */
public final class ClassMapMeasure implements Measure {
  private final String head;
  private final ConfusionMatrix matrix;

  ClassMapMeasure(String head, ClassMap kind) {
    this.head = head;
    this.matrix = new ConfusionMatrix(Math.min(kind.idLimit(), 255));
  }

  @Override
  public ImageScore add(Plane predicted, Plane truth) {
    ConfusionMatrix own = new ConfusionMatrix(matrix.classes());
    add(own, predicted, truth);
    matrix.add(own);
    return own.scoredPixels() == 0
        ? ImageScore.NONE
        : new ImageScore(own.scoredPixels(), Map.of(head + ".pixel_accuracy", own.pixelAccuracy()));
  }

  private static void add(ConfusionMatrix to, Plane predicted, Plane truth) {
    to.add(
        truth.ids(),
        truth.width(),
        truth.height(),
        predicted.ids(),
        predicted.width(),
        predicted.height());
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    if (matrix.images() > 0) {
      values.put(head + ".miou", matrix.meanIou());
      values.put(head + ".pixel_accuracy", matrix.pixelAccuracy());
    }
    return values;
  }

  @Override
  public long scored() {
    return matrix.scoredPixels();
  }

  @Override
  public double coverage() {
    return matrix.scoredPixels() == 0 ? Double.NaN : 1; // each pixel has a class
  }

  /** Intersection over union by class id; NaN for a class in neither truth nor prediction. */
  public double[] iouPerClass() {
    return matrix.iouPerClass();
  }
}
