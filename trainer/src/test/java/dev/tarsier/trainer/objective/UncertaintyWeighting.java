package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.network.Gradients;
import java.util.Map;
import java.util.TreeMap;

/**
 * Kendall, Gal and Cipolla, "Multi-task learning using uncertainty to weigh losses", CVPR 2018: the
 * loss is {@code Σ exp(−s) L + s}, where each s is learned with the network. It holds whether a
 * balancer with parameters of its own fits behind the interface.
 */
record UncertaintyWeighting(Map<String, NDArray> parameters) implements Balancer {
  public record Options(Double start) implements Balancer.Options {
    public Options() {
      this(null);
    }

    public Options {
      start = start == null ? 0 : start;
    }

    @Override
    public String kind() {
      return "uncertainty_weighting";
    }

    @Override
    public Balancer create(Map<String, Double> weights, NDManager base, long seed) {
      Map<String, NDArray> parameters = new TreeMap<>();
      weights.forEach(
          (loss, weight) -> {
            if (weight > 0) {
              NDArray s = base.create(start.floatValue());
              s.setRequiresGradient(true);
              parameters.put(loss, s);
            }
          });
      return new UncertaintyWeighting(parameters);
    }
  }

  @Override
  public NDArray backward(NamedLosses losses, Map<String, NDArray> shared) {
    NDArray sum = null;
    for (Map.Entry<String, NDArray> loss : losses.all().entrySet()) {
      NDArray s = parameters.get(loss.getKey());
      NDArray part = loss.getValue().mul(s.neg().exp()).add(s);
      sum = sum == null ? part : sum.add(part);
    }
    Gradients.backward(sum, false);
    return sum;
  }
}
