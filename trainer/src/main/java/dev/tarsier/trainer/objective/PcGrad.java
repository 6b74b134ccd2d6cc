package dev.tarsier.trainer.objective;

import dev.tarsier.trainer.dataset.Seeds;
import dev.tarsier.trainer.network.State;
import java.util.List;

/**
 * Yu et al., "Gradient surgery for multi-task learning", NeurIPS 2020, algorithm 1: each task's
 * gradient is freed of what goes against another's, one after the other in random order; the sum is
 * stepped.
 */
final class PcGrad extends GradientBalancer {
  /** There is nothing to set but where gradients are taken. */
  public record Options(At at) implements Balancer.OfGradients {
    /** The published settings. */
    public Options() {
      this(null);
    }

    @Override
    public String kind() {
      return "pcgrad";
    }

    @Override
    public Balancer create(Setup setup) {
      return new PcGrad(setup, at);
    }
  }

  private final long seed;
  private long draws;

  private PcGrad(Setup setup, At at) {
    super(setup.weights(), at);
    seed = setup.seed();
  }

  @Override
  double[] weights(double[][] gram, double[] losses) {
    int[][] orders = new int[gram.length][];
    for (int i = 0; i < orders.length; i++) {
      orders[i] = Seeds.shuffled(gram.length, seed, draws++);
    }
    return weights(gram, orders);
  }

  /**
   * What each gradient counts in the sum of the projected ones.
   *
   * @param orders for each task, in which the others are looked at
   */
  static double[] weights(double[][] gram, int[][] orders) {
    double[] sum = new double[gram.length];
    for (int i = 0; i < gram.length; i++) {
      // The projected gradient is Σ own[k]·g_k.
      double[] own = new double[gram.length];
      own[i] = 1;
      for (int j : orders[i]) {
        double against = 0;
        for (int k = 0; k < own.length; k++) {
          against += own[k] * gram[k][j];
        }
        if (j != i && against < 0) {
          own[j] -= against / gram[j][j];
        }
      }
      for (int k = 0; k < own.length; k++) {
        sum[k] += own[k];
      }
    }
    return sum;
  }

  @Override
  public List<State> states() {
    return List.of(
        new Numbers("pcgrad") {
          @Override
          void visit(Visitor visitor) {
            draws = visitor.count("draws", draws);
          }
        });
  }
}
