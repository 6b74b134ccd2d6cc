package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Errors of a map without a unit, judged by depth in metres: in each image a scale and a shift are
 * fitted to the truth by least squares, in inverse depth where larger is nearer, and what is left
 * is measured (Ranftl et al., "Towards Robust Monocular Depth Estimation", 2020, equations 3 and 4;
 * relative error and δ as there in section 5). It says how well depths are ordered and spaced, and
 * nothing of metres.
 */
public final class RelativeMapMeasure implements Measure {
  /** Fitted inverse depth below this, 100 m, or none, counts as this far. */
  private static final double LEAST_INVERSE = 0.01;

  /** Fitted depth below this, metres, or none, counts as this near. */
  private static final double LEAST_DEPTH = 0.01;

  private final String head;
  private final boolean inverse;
  private final ScoredPixels pixels;

  private double relative;
  private long within;
  private long scored;
  private long truths;

  RelativeMapMeasure(String head, RelativeMap kind, ScoredPixels pixels) {
    this.head = head;
    this.inverse = kind.larger() == RelativeMap.Larger.NEARER;
    this.pixels = pixels;
  }

  @Override
  public ImageScore add(Plane predicted, Plane truth) {
    int rows = truth.height();
    int columns = truth.width();
    FloatBuffer wanted = truth.values();
    FloatBuffer said = predicted.values();
    double[] t = new double[rows * columns];
    double[] p = new double[rows * columns];
    int count = 0;
    for (int y = pixels.firstRow(rows); y < pixels.endRow(rows); y++) {
      int row = Sampling.nearest(y, rows, predicted.height()) * predicted.width();
      for (int x = pixels.firstColumn(columns); x < pixels.endColumn(columns); x++) {
        float metres = wanted.get(y * columns + x);
        if (!MetricMap.isKnown(metres) || metres > pixels.capMetres()) {
          continue;
        }
        truths++;
        float value = said.get(row + Sampling.nearest(x, columns, predicted.width()));
        if (RelativeMap.isKnown(value)) {
          t[count] = metres;
          p[count] = value;
          count++;
        }
      }
    }
    if (count < 2) {
      return ImageScore.NONE;
    }
    return score(t, p, count);
  }

  private ImageScore score(double[] t, double[] p, int count) {
    double meanP = 0;
    double meanY = 0;
    for (int i = 0; i < count; i++) {
      meanP += p[i] / count;
      meanY += fitted(t[i]) / count;
    }
    double covariance = 0;
    double variance = 0;
    for (int i = 0; i < count; i++) {
      covariance += (p[i] - meanP) * (fitted(t[i]) - meanY);
      variance += (p[i] - meanP) * (p[i] - meanP);
    }
    double scale = variance == 0 ? 0 : covariance / variance;
    double error = 0;
    long near = 0;
    for (int i = 0; i < count; i++) {
      double value = meanY + scale * (p[i] - meanP);
      double metres = inverse ? 1 / Math.max(value, LEAST_INVERSE) : Math.max(value, LEAST_DEPTH);
      error += Math.abs(metres - t[i]) / t[i];
      near += Math.max(metres / t[i], t[i] / metres) < 1.25 ? 1 : 0;
    }
    relative += error;
    within += near;
    scored += count;
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(head + ".fitted.rel", error / count);
    values.put(head + ".fitted.delta1", (double) near / count);
    return new ImageScore(count, values);
  }

  private double fitted(double metres) {
    return inverse ? 1 / metres : metres;
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    if (scored > 0) {
      values.put(head + ".fitted.rel", relative / scored);
      values.put(head + ".fitted.delta1", (double) within / scored);
      values.put(head + ".coverage", coverage());
    }
    return values;
  }

  @Override
  public long scored() {
    return scored;
  }

  @Override
  public double coverage() {
    return truths == 0 ? Double.NaN : (double) scored / truths;
  }
}
