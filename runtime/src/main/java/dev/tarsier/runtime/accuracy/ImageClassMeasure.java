package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.Plane;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** How often the class of a whole image is right. The truth is one id. */
public final class ImageClassMeasure implements Measure {
  private static final int TOP = 5;

  private final String head;
  private final int classes;
  private long scored;
  private long right;
  private long among;

  ImageClassMeasure(String head, ImageClass kind) {
    this.head = head;
    this.classes = kind.classes().size();
  }

  @Override
  public ImageScore add(Plane predicted, Plane truth) {
    int id = truth.imageId();
    if (id >= classes) {
      return ImageScore.NONE;
    }
    FloatBuffer scores = predicted.values();
    int above = 0; // classes that are ranked before the true one
    for (int c = 0; c < classes; c++) {
      above +=
          scores.get(c) > scores.get(id) || (scores.get(c) == scores.get(id) && c < id) ? 1 : 0;
    }
    scored++;
    right += above == 0 ? 1 : 0;
    among += above < TOP ? 1 : 0;
    return new ImageScore(1, Map.of(head + ".accuracy", above == 0 ? 1.0 : 0.0));
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    if (scored > 0) {
      values.put(head + ".accuracy", (double) right / scored);
      if (classes > TOP) {
        values.put(head + ".top5", (double) among / scored);
      }
    }
    return values;
  }

  @Override
  public long scored() {
    return scored;
  }

  @Override
  public double coverage() {
    return scored == 0 ? Double.NaN : 1; // each image has scores
  }
}
