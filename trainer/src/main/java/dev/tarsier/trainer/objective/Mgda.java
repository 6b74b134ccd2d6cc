package dev.tarsier.trainer.objective;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * Sener and Koltun, "Multi-task learning as multi-objective optimization", NeurIPS 2018: the
 * shortest vector in the convex hull of the tasks' gradients. It is found exactly, by looking at
 * every set of tasks; for a few tasks that is nothing beside a backward pass.
 */
final class Mgda extends GradientBalancer {
  private static final int MOST_TASKS = 12;

  /** What gradients are divided by before they are compared; the losses are weighed as they are. */
  enum Normaliser {
    /** Nothing. */
    NONE,
    /** Their length. */
    L2,
    /** The task's loss. */
    LOSS,
    /** The task's loss times their length. */
    LOSS_PLUS
  }

  /**
   * Settings.
   *
   * @param at where gradients are taken; null for the parameters
   * @param normaliser of gradients; null for none
   */
  public record Options(At at, Normaliser normaliser) implements Balancer.OfGradients {
    /** The published settings. */
    public Options() {
      this(null, null);
    }

    @Override
    public String kind() {
      return "mgda";
    }

    @Override
    public Balancer create(Setup setup) {
      return new Mgda(setup, this);
    }
  }

  private final Normaliser normaliser;

  private Mgda(Setup setup, Options options) {
    super(setup.weights(), options.at());
    normaliser = options.normaliser() == null ? Normaliser.NONE : options.normaliser();
  }

  @Override
  double[] weights(double[][] gram, double[] losses) {
    return weights(gram, losses, normaliser);
  }

  /**
   * Weights of the tasks. One whose normaliser is 0, or below by rounding, has nothing to be
   * divided by and nothing left to learn in this step: it sits out, for else it would have all the
   * weight.
   */
  static double[] weights(double[][] gram, double[] losses, Normaliser normaliser) {
    double[] by = normalisers(gram, losses, normaliser);
    int[] members = IntStream.range(0, by.length).filter(i -> by[i] > 0).toArray();
    double[] weights = new double[by.length];
    if (members.length == 0) {
      Arrays.fill(weights, 1.0 / weights.length);
      return weights;
    }
    double[][] normalised = new double[members.length][members.length];
    for (int i = 0; i < members.length; i++) {
      for (int j = 0; j < members.length; j++) {
        normalised[i][j] = gram[members[i]][members[j]] / (by[members[i]] * by[members[j]]);
      }
    }
    double[] own = minNorm(normalised);
    for (int i = 0; i < members.length; i++) {
      weights[members[i]] = own[i];
    }
    return weights;
  }

  /** What each gradient is divided by. */
  static double[] normalisers(double[][] gram, double[] losses, Normaliser normaliser) {
    double[] by = new double[gram.length];
    for (int i = 0; i < by.length; i++) {
      double length = Math.sqrt(gram[i][i]);
      by[i] =
          switch (normaliser) {
            case NONE -> 1;
            case L2 -> length;
            case LOSS -> losses[i];
            case LOSS_PLUS -> losses[i] * length;
          };
    }
    return by;
  }

  /**
   * The weights, ≥ 0 and 1 in all, of the shortest weighted sum.
   *
   * @param gram inner products of 1 to 12 vectors. Not modified.
   */
  static double[] minNorm(double[][] gram) {
    int tasks = gram.length;
    if (tasks > MOST_TASKS) {
      throw new IllegalArgumentException(
          "mgda balances %d tasks at most, got %d".formatted(MOST_TASKS, tasks));
    }
    double[] best = null;
    double least = Double.POSITIVE_INFINITY;
    for (int set = 1; set < 1 << tasks; set++) {
      double[] weights = onPlane(gram, set);
      if (weights != null) {
        double norm = Quadratic.of(gram, weights);
        if (norm < least) {
          least = norm;
          best = weights;
        }
      }
    }
    return best;
  }

  /** The shortest sum of some vectors with weights that are 1 in all; null if one is negative. */
  private static double[] onPlane(double[][] gram, int set) {
    int[] members = IntStream.range(0, gram.length).filter(i -> (set >> i & 1) == 1).toArray();
    int n = members.length;
    // Stationary: G c = λ 1 and Σ c = 1.
    DMatrixRMaj system = new DMatrixRMaj(n + 1, n + 1);
    DMatrixRMaj right = new DMatrixRMaj(n + 1, 1);
    DMatrixRMaj solution = new DMatrixRMaj(n + 1, 1);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        system.set(i, j, gram[members[i]][members[j]]);
      }
      system.set(i, n, 1);
      system.set(n, i, 1);
    }
    right.set(n, 0, 1);
    if (!CommonOps_DDRM.solve(system, right, solution)) {
      return null; // a smaller set has the same sums
    }
    double[] weights = new double[gram.length];
    for (int i = 0; i < n; i++) {
      double weight = solution.get(i, 0);
      if (!(weight >= 0)) {
        return null;
      }
      weights[members[i]] = weight;
    }
    return weights;
  }
}
