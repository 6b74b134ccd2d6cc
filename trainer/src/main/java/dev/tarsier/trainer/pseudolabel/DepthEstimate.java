package dev.tarsier.trainer.pseudolabel;

import java.util.List;

/**
 * Depth that a teacher says of a frame.
 *
 * @param metres float32 [height, width]; NaN where it says none
 * @param confidence float32 [height, width], 0 to 1; 0 where it says none
 */
record DepthEstimate(float[] metres, float[] confidence) {
  /** A pixel with a smaller confidence teaches nothing. */
  static final float LEAST_CONFIDENCE = 0.5f;

  /**
   * What several teachers say together: the mean of their depths, weighted by their confidence. Its
   * confidence is the mean of theirs, weighted likewise, so that one that is unsure takes little
   * from one that is sure, times the ratio of the mean depth to the one that is farthest from it:
   * where they contradict each other, neither is believed.
   *
   * @param all one or more, of one size. Not modified.
   */
  static DepthEstimate mean(List<DepthEstimate> all) {
    if (all.size() == 1) {
      return all.get(0);
    }
    int pixels = all.get(0).metres.length;
    float[] metres = new float[pixels];
    float[] confidence = new float[pixels];
    for (int i = 0; i < pixels; i++) {
      double sum = 0;
      double weights = 0;
      double squares = 0;
      int said = 0;
      for (DepthEstimate each : all) {
        if (each.confidence[i] > 0) {
          sum += (double) each.confidence[i] * each.metres[i];
          weights += each.confidence[i];
          squares += (double) each.confidence[i] * each.confidence[i];
          said++;
        }
      }
      if (said == 0) {
        metres[i] = Float.NaN;
        continue;
      }
      double mean = sum / weights;
      double agreement = 1;
      for (DepthEstimate each : all) {
        if (each.confidence[i] > 0) {
          agreement = Math.min(agreement, Math.min(each.metres[i] / mean, mean / each.metres[i]));
        }
      }
      metres[i] = (float) mean;
      confidence[i] = (float) (squares / weights * agreement);
    }
    return new DepthEstimate(metres, confidence);
  }

  /** The same without what is less sure than {@link #LEAST_CONFIDENCE}. */
  float[] sure() {
    float[] sure = metres.clone();
    for (int i = 0; i < sure.length; i++) {
      if (confidence[i] < LEAST_CONFIDENCE) {
        sure[i] = Float.NaN;
      }
    }
    return sure;
  }
}
