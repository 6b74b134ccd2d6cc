package dev.tarsier.runtime.accuracy;

import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Angles between directions, pooled over all scored pixels of all images: mean, median, rmse, and
 * the share below 11.25°, 22.5° and 30° (Eigen and Fergus, ICCV 2015). The median is that of a
 * histogram of 0.1°. A pixel is scored when both directions are known. Owned by one thread.
 */
public final class AngleErrors implements Measure {
  static final double[] LIMITS_DEGREES = {11.25, 22.5, 30};

  private static final int BINS_PER_DEGREE = 10;

  private final String head;
  private final long[] histogram = new long[180 * BINS_PER_DEGREE + 1];
  private final long[] within = new long[LIMITS_DEGREES.length];
  private long truePixels;
  private long scored;
  private double sum;
  private double squares;

  AngleErrors(String head) {
    this.head = head;
  }

  /** Name of the figure: {@code within_11.25}. */
  static String within(double limitDegrees) {
    return limitDegrees == Math.rint(limitDegrees)
        ? String.format(Locale.ROOT, "within_%.0f", limitDegrees)
        : "within_" + limitDegrees;
  }

  @Override
  public ImageScore add(Plane predicted, Plane truth) {
    long before = scored;
    double sumBefore = sum;
    FloatBuffer p = predicted.values();
    FloatBuffer t = truth.values();
    for (int row = 0; row < truth.height(); row++) {
      int from = Sampling.nearest(row, truth.height(), predicted.height()) * predicted.width();
      for (int column = 0; column < truth.width(); column++) {
        int at = 3 * (row * truth.width() + column);
        if (!UnitVectorMap.isKnown(t.get(at), t.get(at + 1), t.get(at + 2))) {
          continue;
        }
        truePixels++;
        int to = 3 * (from + Sampling.nearest(column, truth.width(), predicted.width()));
        if (UnitVectorMap.isKnown(p.get(to), p.get(to + 1), p.get(to + 2))) {
          add(
              Math.toDegrees(
                  UnitVectorMap.angle(
                      p.get(to),
                      p.get(to + 1),
                      p.get(to + 2),
                      t.get(at),
                      t.get(at + 1),
                      t.get(at + 2))));
        }
      }
    }
    long own = scored - before;
    return own == 0
        ? ImageScore.NONE
        : new ImageScore(own, Map.of(head + ".mean", (sum - sumBefore) / own));
  }

  private void add(double degrees) {
    scored++;
    sum += degrees;
    squares += degrees * degrees;
    histogram[(int) (degrees * BINS_PER_DEGREE)]++;
    for (int i = 0; i < within.length; i++) {
      within[i] += degrees < LIMITS_DEGREES[i] ? 1 : 0;
    }
  }

  private double median() {
    long left = (scored + 1) / 2;
    int bin = 0;
    while (left > histogram[bin]) {
      left -= histogram[bin++];
    }
    return (bin + 0.5) / BINS_PER_DEGREE;
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    if (scored == 0) {
      return values;
    }
    values.put(head + ".mean", sum / scored);
    values.put(head + ".median", median());
    values.put(head + ".rmse", Math.sqrt(squares / scored));
    for (int i = 0; i < within.length; i++) {
      values.put(head + "." + within(LIMITS_DEGREES[i]), (double) within[i] / scored);
    }
    values.put(head + ".coverage", coverage());
    return values;
  }

  @Override
  public long scored() {
    return scored;
  }

  @Override
  public double coverage() {
    return (double) scored / truePixels;
  }
}
