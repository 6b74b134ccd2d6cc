package dev.tarsier.ros.replay;

import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.task.Plane;
import java.util.ArrayList;
import java.util.List;

/** Depth error by true distance. One owner thread. */
final class DistanceBands {
  private static final double[] EDGES = {
    0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, Double.POSITIVE_INFINITY
  };

  /** The band of each half metre, of which every edge is a multiple. */
  private static final int[] BANDS = new int[21];

  static {
    for (int i = 0, band = 0; i < BANDS.length; i++) {
      band += i / 2.0 >= EDGES[band + 1] ? 1 : 0;
      BANDS[i] = band;
    }
  }

  private final long[] pixels = new long[EDGES.length - 1];
  private final double[] squared = new double[EDGES.length - 1];
  private final double[] signed = new double[EDGES.length - 1];

  /**
   * Adds a frame; each truth pixel is compared with the nearest pixel of the prediction.
   *
   * @param predicted NaN unknown. Not modified.
   * @param truth NaN unknown. Not modified.
   */
  void add(Plane predicted, Plane truth) {
    int width = predicted.width();
    float[] predictions = new float[width];
    float[] truths = new float[truth.width()];
    int[] columns = Sampling.nearestOfEach(truth.width(), width);
    // Neighbours mostly lie in one band, whose sums then need not go to memory and back.
    int at = 0;
    long count = pixels[at];
    double squares = squared[at];
    double sum = signed[at];
    for (int row = 0; row < truth.height(); row++) {
      truth.values().get(row * truths.length, truths);
      predicted
          .values()
          .get(Sampling.nearest(row, truth.height(), predicted.height()) * width, predictions);
      for (int column = 0; column < truths.length; column++) {
        float t = truths[column];
        float p = predictions[columns[column]];
        if (Float.isNaN(t) || Float.isNaN(p)) {
          continue;
        }
        int band = BANDS[Math.max(0, Math.min((int) (2 * t), BANDS.length - 1))];
        if (band != at) {
          put(at, count, squares, sum);
          at = band;
          count = pixels[at];
          squares = squared[at];
          sum = signed[at];
        }
        double error = (double) p - t;
        count++;
        squares += error * error;
        sum += error;
      }
    }
    put(at, count, squares, sum);
  }

  private void put(int band, long count, double squares, double sum) {
    pixels[band] = count;
    squared[band] = squares;
    signed[band] = sum;
  }

  /** The bands with pixels in them, near to far; the last ends at the largest number there is. */
  List<ReplayReport.DistanceBand> bands() {
    List<ReplayReport.DistanceBand> bands = new ArrayList<>();
    for (int i = 0; i < pixels.length; i++) {
      if (pixels[i] > 0) {
        bands.add(
            new ReplayReport.DistanceBand(
                EDGES[i],
                Math.min(EDGES[i + 1], 1000),
                pixels[i],
                Math.sqrt(squared[i] / pixels[i]),
                signed[i] / pixels[i]));
      }
    }
    return bands;
  }
}
