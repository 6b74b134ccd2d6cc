package dev.tarsier.ros.replay;

import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.task.Plane;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** Depth error by true distance. One owner thread. */
final class DistanceBands {
  private static final double[] EDGES = {
    0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, Double.POSITIVE_INFINITY
  };

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
    int height = predicted.height();
    FloatBuffer predictions = predicted.values();
    FloatBuffer truths = truth.values();
    for (int row = 0; row < truth.height(); row++) {
      int from = Sampling.nearest(row, truth.height(), height) * width;
      for (int column = 0; column < truth.width(); column++) {
        float t = truths.get(row * truth.width() + column);
        float p = predictions.get(from + Sampling.nearest(column, truth.width(), width));
        if (Float.isNaN(t) || Float.isNaN(p)) {
          continue;
        }
        int band = 0;
        while (t >= EDGES[band + 1]) {
          band++;
        }
        double error = (double) p - t;
        pixels[band]++;
        squared[band] += error * error;
        signed[band] += error;
      }
    }
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
