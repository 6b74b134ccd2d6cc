package dev.tarsier.trainer.objective;

/**
 * Quinton and Rey, "Jacobian descent for multi-objective optimization", 2024, UPGrad: each task's
 * gradient is projected onto the directions that lengthen no loss; their mean. Times the number of
 * tasks.
 */
final class UpGrad extends GradientBalancer {
  /** As published: the matrix's diagonal is raised by it once its trace is 1. */
  private static final double REGULARISATION = 1e-4;

  private static final int MOST_ROUNDS = 100_000;

  /** There is nothing to set but where gradients are taken. */
  public record Options(At at) implements Balancer.OfGradients {
    /** The published settings. */
    public Options() {
      this(null);
    }

    @Override
    public String kind() {
      return "upgrad";
    }

    @Override
    public Balancer create(Setup setup) {
      return new UpGrad(setup, at);
    }
  }

  private UpGrad(Setup setup, At at) {
    super(setup.weights(), at);
  }

  @Override
  double[] weights(double[][] gram, double[] losses) {
    return ofSum(weights(gram));
  }

  /** The sum over tasks i of the least {@code vᵀ G v} with {@code v ≥ e_i / T}. */
  static double[] weights(double[][] gram) {
    int tasks = gram.length;
    double[][] raised = Quadratic.normalised(gram);
    for (int i = 0; i < tasks; i++) {
      raised[i][i] += REGULARISATION;
    }
    double[] sum = new double[tasks];
    for (int i = 0; i < tasks; i++) {
      double[] projected = projected(raised, i);
      for (int k = 0; k < tasks; k++) {
        sum[k] += projected[k];
      }
    }
    return sum;
  }

  /** One coordinate after the other goes to where it is best; the matrix is positive definite. */
  private static double[] projected(double[][] gram, int task) {
    int tasks = gram.length;
    double[] v = new double[tasks];
    v[task] = 1.0 / tasks;
    double change = 1;
    for (int round = 0; change > 1e-14 && round < MOST_ROUNDS; round++) {
      change = 0;
      for (int k = 0; k < tasks; k++) {
        double slope = 0;
        for (int j = 0; j < tasks; j++) {
          slope += gram[k][j] * v[j];
        }
        double next = Math.max(k == task ? 1.0 / tasks : 0, v[k] - slope / gram[k][k]);
        change = Math.max(change, Math.abs(next - v[k]));
        v[k] = next;
      }
    }
    return v;
  }
}
