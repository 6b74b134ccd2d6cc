package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Gradients;
import java.util.Map;

/**
 * The sum of the losses, each times its weight (methods §1).
 *
 * @param weights by the losses' names
 */
public record Uniform(Map<String, Double> weights) implements Balancer {
  /** There is nothing to set: the weights are those of the losses. */
  public record Options() implements Balancer.Options {
    @Override
    public String kind() {
      return "uniform";
    }

    @Override
    public boolean comparesTasksOfABatch() {
      return false;
    }

    @Override
    public Balancer create(Setup setup) {
      return new Uniform(setup.weights());
    }
  }

  /** Copies the weights. */
  public Uniform {
    weights = Map.copyOf(weights);
  }

  @Override
  public NDArray backward(Step step) {
    NDArray sum = step.losses().sum(weights);
    Gradients.backward(sum, false);
    return sum;
  }
}
