package dev.tarsier.trainer.pseudolabel;

/** How soft the distributions are that a student learns from. */
final class Temperature {
  private Temperature() {}

  /**
   * Makes distributions softer or harder: {@code p^(1/T) / Σ p^(1/T)}. Of one network's softmax
   * this is the softmax of its logits divided by T (Hinton et al. 2015).
   *
   * @param probabilities float32 [C, h, w], a distribution over C at each pixel, or zeros where
   *     none is known. Modified.
   * @param classes how many, C
   * @param temperature T; 1 changes nothing
   */
  static void apply(float[] probabilities, int classes, double temperature) {
    if (temperature == 1) {
      return;
    }
    int pixels = probabilities.length / classes;
    for (int i = 0; i < pixels; i++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.pow(probabilities[c * pixels + i], 1 / temperature);
      }
      for (int c = 0; c < classes; c++) {
        int at = c * pixels + i;
        probabilities[at] =
            sum == 0 ? 0 : (float) (Math.pow(probabilities[at], 1 / temperature) / sum);
      }
    }
  }
}
