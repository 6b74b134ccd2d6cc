package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * The exponential moving average of a network's weights and statistics (Tarvainen and Valpola,
 * "Mean teachers are better role models", NeurIPS 2017). Stateless.
 */
public final class MovingAverage {
  /** As TensorFlow's moving averages begin: a share of (1 + step) / (10 + step) is kept. */
  private static final double AVERAGED_FROM = 10;

  private MovingAverage() {}

  /**
   * What is kept after a step: less at first, or it would be the untrained network for a long time.
   *
   * @param share such as 0.999
   * @param step its number, from 0
   */
  public static double keep(double share, long step) {
    return Math.min(share, (1.0 + step) / (AVERAGED_FROM + step));
  }

  /**
   * Keeps so much of what was, and takes the rest from what is.
   *
   * @param then Modified.
   * @param now of the same layers. Not modified.
   * @param keep 0 to 1
   */
  public static void follow(GraphModule then, GraphModule now, double keep) {
    follow(then.state("").tensors(), now.state("").tensors(), keep);
  }

  /** The same of arrays by name. */
  public static void follow(Map<String, NDArray> then, Map<String, NDArray> now, double keep) {
    Gradients.without(
        () ->
            then.forEach(
                (name, each) -> {
                  try (NDArray part = now.get(name).mul((float) (1 - keep))) {
                    each.muli((float) keep).addi(part);
                  }
                }));
  }
}
