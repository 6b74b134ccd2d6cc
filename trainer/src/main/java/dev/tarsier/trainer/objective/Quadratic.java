package dev.tarsier.trainer.objective;

/** Small sums over matrices of inner products. */
final class Quadratic {
  private Quadratic() {}

  /** {@code wᵀ G w}. */
  static double of(double[][] gram, double[] weights) {
    double sum = 0;
    double[] product = times(gram, weights);
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i] * product[i];
    }
    return sum;
  }

  /** {@code G w}. */
  static double[] times(double[][] gram, double[] weights) {
    double[] product = new double[weights.length];
    for (int i = 0; i < product.length; i++) {
      for (int j = 0; j < product.length; j++) {
        product[i] += gram[i][j] * weights[j];
      }
    }
    return product;
  }

  /** The matrix divided by its trace; as it is where that is 0. */
  static double[][] normalised(double[][] gram) {
    double trace = 0;
    for (int i = 0; i < gram.length; i++) {
      trace += gram[i][i];
    }
    double[][] normalised = new double[gram.length][gram.length];
    for (int i = 0; i < gram.length; i++) {
      for (int j = 0; j < gram.length; j++) {
        normalised[i][j] = trace > 0 ? gram[i][j] / trace : gram[i][j];
      }
    }
    return normalised;
  }
}
