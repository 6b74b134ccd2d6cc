package dev.tarsier.trainer.evaluation;

import dev.tarsier.runtime.accuracy.ConfusionMatrix;
import dev.tarsier.runtime.accuracy.MetricErrors;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.trainer.dataset.Sample;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects figures over a data set. Predictions are scored at the size of the truth, taken at the
 * nearest pixel: what is measured is what the robot publishes. One thread.
 */
public final class Scores {
  /** Mean intersection over union over the data set's confusion matrix. */
  public static final String MIOU = "miou";

  /** Root of the mean squared depth error, metres, pooled over pixels. */
  public static final String DEPTH_RMSE = "depth_rmse";

  /** All figures of classes, in their order. */
  public static final List<String> OF_CLASSES = List.of(MIOU, "pixel_accuracy");

  /** All figures of depth, in their order. */
  public static final List<String> OF_DEPTH =
      List.of(
          "depth_abs",
          "depth_rel",
          DEPTH_RMSE,
          "depth_log_rmse",
          "depth_delta1",
          "depth_delta2",
          "depth_delta3",
          "depth_bias",
          "depth_scale");

  private final ConfusionMatrix matrix;
  private final MetricErrors depth;
  private boolean anyLabels;
  private boolean anyDepth;

  /**
   * Nothing measured yet.
   *
   * @param classes how many classes there are
   * @param protocol which depth pixels are scored
   */
  public Scores(int classes, ScoredPixels protocol) {
    matrix = new ConfusionMatrix(classes);
    depth = new MetricErrors(protocol);
  }

  /**
   * Adds a frame.
   *
   * @param truth with labels, depth, both or neither. Not modified.
   * @param classIds uint8 [height, width] from 0; null without a class head. Not modified.
   * @param metres float32 [height, width] from 0; null without a depth head. Not modified.
   */
  public void add(Sample truth, ByteBuffer classIds, FloatBuffer metres, int width, int height) {
    if (truth.labels() != null && classIds != null) {
      anyLabels = true;
      matrix.add(
          ByteBuffer.wrap(truth.labels()), truth.width(), truth.height(), classIds, width, height);
    }
    if (truth.depthMetres() != null && metres != null) {
      anyDepth = true;
      depth.add(
          metres,
          width,
          height,
          FloatBuffer.wrap(truth.depthMetres()),
          truth.width(),
          truth.height());
    }
  }

  /** The figures by name; only those of which there was something to score. */
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    if (anyLabels) {
      put(values, OF_CLASSES, matrix.meanIou(), matrix.pixelAccuracy());
    }
    if (anyDepth) {
      MetricErrors.Summary summary = depth.summary();
      put(
          values,
          OF_DEPTH,
          summary.abs(),
          summary.rel(),
          summary.rmse(),
          summary.logRmse(),
          summary.delta1(),
          summary.delta2(),
          summary.delta3(),
          summary.bias(),
          depth.scale());
    }
    return values;
  }

  private static void put(Map<String, Double> values, List<String> names, double... measured) {
    for (int i = 0; i < measured.length; i++) {
      values.put(names.get(i), measured[i]);
    }
  }

  /** Intersection over union by class id; NaN for a class in neither truth nor prediction. */
  public double[] iouPerClass() {
    return matrix.iouPerClass();
  }

  /** The protocols' names, such as {@code miou=dataset, depth=eigen}. */
  public String protocol() {
    return "miou=dataset, depth=" + depth.protocol().id() + ", nearest pixel at the truth's size";
  }
}
