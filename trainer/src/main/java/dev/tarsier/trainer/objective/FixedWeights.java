package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Scalars;
import java.util.Map;

/**
 * The sum of the losses, each times its weight (methods §1).
 *
 * @param weights by the losses' names
 */
record FixedWeights(Map<String, Double> weights) implements Balancer {
  FixedWeights {
    weights = Map.copyOf(weights);
  }

  @Override
  public NDArray balance(NamedLosses losses) {
    NDArray sum = null;
    for (Map.Entry<String, NDArray> loss : losses.all().entrySet()) {
      NDArray part = Scalars.times(loss.getValue(), weights.get(loss.getKey()));
      sum = sum == null ? part : sum.add(part);
    }
    return sum;
  }
}
