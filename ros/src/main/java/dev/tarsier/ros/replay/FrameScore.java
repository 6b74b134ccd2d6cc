package dev.tarsier.ros.replay;

import java.util.Locale;

/**
 * How far one frame's outputs are from its truth.
 *
 * @param depthRmse metres; NaN where there is none
 * @param depthScale median(truth) / median(prediction); NaN where there is none
 * @param pixelAccuracy share of labelled pixels; NaN where there are none
 */
record FrameScore(double depthRmse, double depthScale, double pixelAccuracy) {
  /** By depth, else by labels; the larger the worse, −1 where nothing was judged. */
  double badness() {
    return !Double.isNaN(depthRmse)
        ? depthRmse
        : !Double.isNaN(pixelAccuracy) ? 1 - pixelAccuracy : -1;
  }

  /** In words; empty where nothing was judged. */
  @Override
  public String toString() {
    String depth =
        Double.isNaN(depthRmse)
            ? ""
            : String.format(Locale.ROOT, "depth RMSE %.2f m, scale %.2f", depthRmse, depthScale);
    String classes =
        Double.isNaN(pixelAccuracy)
            ? ""
            : String.format(Locale.ROOT, "pixel accuracy %.1f %%", 100 * pixelAccuracy);
    return depth + (depth.isEmpty() || classes.isEmpty() ? "" : " · ") + classes;
  }
}
