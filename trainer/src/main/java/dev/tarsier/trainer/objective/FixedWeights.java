package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.Scalars;
import java.util.Map;

/**
 * The sum of the losses, each times its weight (methods §1).
 *
 * @param weights by the losses' names
 */
public record FixedWeights(Map<String, Double> weights) implements Balancer {
  /** There is nothing to set: the weights are those of the losses. */
  public record Options() implements Balancer.Options {
    @Override
    public String kind() {
      return "fixed_weights";
    }

    @Override
    public Balancer create(Map<String, Double> weights, NDManager base, long seed) {
      return new FixedWeights(weights);
    }
  }

  /** Copies the weights. */
  public FixedWeights {
    weights = Map.copyOf(weights);
  }

  @Override
  public NDArray backward(NamedLosses losses, Map<String, NDArray> shared) {
    NDArray sum = null;
    for (Map.Entry<String, NDArray> loss : losses.all().entrySet()) {
      NDArray part = Scalars.times(loss.getValue(), weights.get(loss.getKey()));
      sum = sum == null ? part : sum.add(part);
    }
    Gradients.backward(sum, false);
    return sum;
  }
}
