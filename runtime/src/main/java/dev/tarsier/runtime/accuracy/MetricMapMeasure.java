package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.task.Plane;
import java.util.LinkedHashMap;
import java.util.Map;

/** Errors of a metric map, plain and after each image was scaled to the median of its truth. */
public final class MetricMapMeasure implements Measure {
  private final String head;
  private final MetricErrors errors;

  MetricMapMeasure(String head, ScoredPixels pixels) {
    this.head = head;
    this.errors = new MetricErrors(pixels);
  }

  @Override
  public ImageScore add(Plane predicted, Plane truth) {
    MetricErrors.ImageError error =
        errors.add(
            predicted.values(),
            predicted.width(),
            predicted.height(),
            truth.values(),
            truth.width(),
            truth.height());
    if (error.pixels() == 0) {
      return ImageScore.NONE;
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(head + ".rmse", error.rmse());
    values.put(head + ".abs", error.abs());
    values.put(head + ".scale", error.scale());
    return new ImageScore(error.pixels(), values);
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    MetricErrors.Summary plain = errors.summary();
    if (plain.pixels() == 0) {
      return values;
    }
    values.put(head + ".rmse", plain.rmse());
    values.put(head + ".abs", plain.abs());
    values.put(head + ".rel", plain.rel());
    values.put(head + ".log_rmse", plain.logRmse());
    values.put(head + ".delta1", plain.delta1());
    values.put(head + ".delta2", plain.delta2());
    values.put(head + ".delta3", plain.delta3());
    values.put(head + ".bias", plain.bias());
    values.put(head + ".scale", errors.scale());
    values.put(head + ".scale_error", errors.scaleError());
    values.put(head + ".scale_spread", errors.scaleSpread());
    MetricErrors.Aligned aligned = errors.medianAligned();
    values.put(head + ".aligned.rmse", aligned.rmse());
    values.put(head + ".aligned.abs", aligned.abs());
    values.put(head + ".aligned.rel", aligned.rel());
    values.put(head + ".aligned.delta1", aligned.delta1());
    values.put(head + ".coverage", errors.coverage());
    return values;
  }

  @Override
  public long scored() {
    return errors.summary().pixels();
  }

  @Override
  public double coverage() {
    return errors.coverage();
  }
}
