package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.annotation.JsonTypeIdResolver;
import dev.tarsier.runtime.config.Kinds;
import dev.tarsier.trainer.network.State;
import java.util.List;
import java.util.Map;

/**
 * Decides how much each of a step's losses counts. It differentiates them itself, so it may weigh
 * their values or, loss by loss, their gradients. One thread, that of the forward pass.
 *
 * <p>A balancer is one file with its {@link Options}, and one line in {@code
 * META-INF/services/dev.tarsier.trainer.objective.Balancer$Options}.
 */
public interface Balancer {
  /**
   * Differentiates a step's losses: afterwards the parameters' gradients are what the optimiser
   * goes along.
   *
   * @param losses one or more. Not modified.
   * @param shared those of the network's parameters that learn and that two or more tasks use, by
   *     name, with gradients of zero; the optimiser's own. Their gradients are modified.
   * @return the step's loss as it is logged, float32 scalar on the losses' manager
   */
  NDArray backward(NamedLosses losses, Map<String, NDArray> shared);

  /**
   * Numbers of its own that are learned with the network's, such as the logarithms of the losses'
   * variances; they ask for a gradient, and the checkpoint holds them.
   */
  default Map<String, NDArray> parameters() {
    return Map.of();
  }

  /** What it remembers from step to step besides. */
  default List<State> states() {
    return List.of();
  }

  /** A balancer's settings: the section {@code losses.balancer} of a recipe. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.CUSTOM, property = "kind")
  @JsonTypeIdResolver(Registered.class)
  interface Options extends Kinds.Member {
    /**
     * The balancer, at the beginning of a training.
     *
     * @param weights what the recipe says of each loss, by its name. Not modified.
     * @param base arrays of its own live in it
     * @param seed of all that is random
     */
    Balancer create(Map<String, Double> weights, NDManager base, long seed);
  }

  /** All balancers that there are. */
  final class Registered extends Kinds<Options> {
    /** Finds them. */
    public Registered() {
      super(Options.class);
    }
  }
}
