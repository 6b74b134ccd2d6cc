package dev.tarsier.trainer.objective;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/**
 * Liu et al., "Conflict-averse gradient descent for multi-task learning", NeurIPS 2021, eq. 4: near
 * the mean gradient, what serves the worst-off task most. Times the number of tasks, so that with
 * {@code c} 0 it is the sum.
 */
final class CaGrad extends GradientBalancer {
  private static final double DEFAULT_C = 0.4;
  private static final int MOST_ROUNDS = 1000;
  private static final int SECTIONS = 60;
  private static final double GOLDEN = (3 - Math.sqrt(5)) / 2;

  /**
   * Settings.
   *
   * @param at where gradients are taken; null for the parameters
   * @param c how far from the mean gradient, as a share of its length, 0 to below 1; null for 0.4
   */
  public record Options(At at, Double c) implements Balancer.OfGradients {
    /** The published settings. */
    public Options() {
      this(null, null);
    }

    /** Fills in and checks the range. */
    public Options {
      c = c == null ? DEFAULT_C : c;
      if (!(c >= 0 && c < 1)) {
        throw new IllegalArgumentException("c must be 0 to below 1, got " + c);
      }
    }

    @Override
    public String kind() {
      return "cagrad";
    }

    @Override
    public Balancer create(Setup setup) {
      return new CaGrad(setup, this);
    }
  }

  private final double c;

  private CaGrad(Setup setup, Options options) {
    super(setup.weights(), options.at());
    c = options.c();
  }

  @Override
  double[] weights(double[][] gram, double[] losses) {
    return ofSum(weights(gram, c));
  }

  /** The published weights: those of the mean, and what is added to them. */
  static double[] weights(double[][] gram, double c) {
    double[][] normalised = Quadratic.normalised(gram);
    double[] mean = new double[gram.length];
    Arrays.fill(mean, 1.0 / gram.length);
    double[] withMean = Quadratic.times(normalised, mean);
    double length = Math.sqrt(Math.max(0, Quadratic.of(normalised, mean)));
    ToDoubleFunction<double[]> cost =
        w -> {
          double sum = c * length * Math.sqrt(Math.max(0, Quadratic.of(normalised, w)));
          for (int i = 0; i < w.length; i++) {
            sum += withMean[i] * w[i];
          }
          return sum;
        };
    double[] worst = minimise(cost, mean.clone());
    double norm = Math.sqrt(Math.max(0, Quadratic.of(normalised, worst)));
    double[] weights = mean;
    for (int i = 0; norm > 0 && i < weights.length; i++) {
      weights[i] += c * length / norm * worst[i];
    }
    return weights;
  }

  /** Minimises a convex function over weights ≥ 0 that are 1 in all, two of them at a time. */
  private static double[] minimise(ToDoubleFunction<double[]> cost, double[] weights) {
    double least = cost.applyAsDouble(weights);
    boolean better = true;
    for (int round = 0; better && round < MOST_ROUNDS; round++) {
      better = false;
      for (int i = 0; i < weights.length; i++) {
        for (int j = 0; j < weights.length; j++) {
          if (i != j && weights[j] > 0) {
            double[] moved = moved(cost, weights, i, j);
            double value = cost.applyAsDouble(moved);
            if (value < least - 1e-15) {
              least = value;
              System.arraycopy(moved, 0, weights, 0, weights.length);
              better = true;
            }
          }
        }
      }
    }
    return weights;
  }

  private static double[] moved(ToDoubleFunction<double[]> cost, double[] weights, int i, int j) {
    double low = 0;
    double high = weights[j];
    for (int k = 0; k < SECTIONS; k++) {
      double left = low + GOLDEN * (high - low);
      double right = high - GOLDEN * (high - low);
      if (cost.applyAsDouble(moved(weights, i, j, left))
          < cost.applyAsDouble(moved(weights, i, j, right))) {
        high = right;
      } else {
        low = left;
      }
    }
    return moved(weights, i, j, (low + high) / 2);
  }

  private static double[] moved(double[] weights, int i, int j, double by) {
    double[] moved = weights.clone();
    moved[i] += by;
    moved[j] -= by;
    return moved;
  }
}
