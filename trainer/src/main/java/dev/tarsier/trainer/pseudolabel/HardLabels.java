package dev.tarsier.trainer.pseudolabel;

import dev.tarsier.runtime.task.ClassMap;

/**
 * The classes a teacher is sure of: {@code argmax_c p} where {@code max_c p > τ}, otherwise ignored
 * (methods §1).
 *
 * @param ids uint8, the most probable class of each pixel
 * @param kept uint8, the same where it is probable enough, otherwise 255
 * @param confidence the greatest probability of each pixel
 */
record HardLabels(byte[] ids, byte[] kept, float[] confidence) {
  /**
   * Decides.
   *
   * @param probabilities float32 [C, h, w]. Not modified.
   * @param classes how many, C
   * @param threshold τ
   */
  static HardLabels of(float[] probabilities, int classes, double threshold) {
    int pixels = probabilities.length / classes;
    byte[] ids = new byte[pixels];
    float[] best = new float[pixels];
    for (int c = 0; c < classes; c++) {
      for (int i = 0; i < pixels; i++) {
        float p = probabilities[c * pixels + i];
        if (p > best[i]) {
          best[i] = p;
          ids[i] = (byte) c;
        }
      }
    }
    byte[] kept = new byte[pixels];
    for (int i = 0; i < pixels; i++) {
      kept[i] = best[i] > threshold ? ids[i] : (byte) ClassMap.USUAL_IGNORE_ID;
    }
    return new HardLabels(ids, kept, best);
  }

  /** The share of pixels that are kept. */
  double coverage() {
    int count = 0;
    for (byte id : kept) {
      if (id != (byte) ClassMap.USUAL_IGNORE_ID) {
        count++;
      }
    }
    return (double) count / kept.length;
  }
}
