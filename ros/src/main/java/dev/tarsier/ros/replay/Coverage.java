package dev.tarsier.ros.replay;

import java.util.Locale;

/**
 * What a figure rests on.
 *
 * @param frames that gave something to it
 * @param of images in the recording
 * @param pixels that were compared; 0 for what is no matter of pixels
 * @param share of the known truth pixels for which the model gave a value; 1 for what is no matter
 *     of pixels
 */
public record Coverage(long frames, long of, long pixels, double share) {
  /** A frame counts when at least this share of its truth's pixels were compared. */
  static final double LEAST_OF_A_FRAME = 0.001;

  /** The lesser of the share of frames and the share of pixels; 0 without images. */
  public double least() {
    return of == 0 ? 0 : Math.min((double) frames / of, Double.isNaN(share) ? 0 : share);
  }

  /** In words. */
  @Override
  public String toString() {
    String text =
        String.format(Locale.ROOT, "%d of %d frames", frames, of)
            + (pixels > 0 ? String.format(Locale.ROOT, ", %d pixels", pixels) : "");
    return share >= 0.9995 || pixels == 0
        ? text
        : text + String.format(Locale.ROOT, " (%.1f %% of those with truth)", 100 * share);
  }
}
