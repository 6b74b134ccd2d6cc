package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.annotation.JsonTypeIdResolver;
import dev.tarsier.runtime.config.Kinds;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.State;
import dev.tarsier.trainer.task.Task;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Decides how much each of a step's losses counts. It differentiates them itself, so it may weigh
 * their values or, loss by loss, their gradients. One thread, that of the forward pass.
 *
 * <p>A balancer is one file with its {@link Options}, and one line in {@code
 * META-INF/services/dev.tarsier.trainer.objective.Balancer$Options}.
 */
public interface Balancer {
  /**
   * A step as a balancer sees it.
   *
   * @param losses one or more. Not modified.
   * @param shared what two or more tasks use
   * @param epoch counted from 0
   */
  record Step(NamedLosses losses, Shared shared, long epoch) {
    /**
     * Differentiates the losses of tasks, each times its weight, and what is learned besides of
     * others. Where the batch has no target of any task, all losses.
     *
     * @param tasks as {@link NamedLosses#byTask} gives them. Not modified.
     * @param weights in the same order. Not modified.
     * @param lossWeights what the recipe says of each loss. Not modified.
     * @return the sum
     */
    NDArray backward(
        Map<String, NDArray> tasks, double[] weights, Map<String, Double> lossWeights) {
      return backward(
          tasks.isEmpty() ? null : NamedLosses.weighted(List.copyOf(tasks.values()), weights),
          lossWeights);
    }

    /**
     * The same, of the tasks' sum as it is.
     *
     * @param tasks null where the batch has no target of any
     */
    NDArray backward(NDArray tasks, Map<String, Double> lossWeights) {
      NDArray sum =
          tasks == null
              ? losses.sum(lossWeights)
              : losses.ofOtherTasks(lossWeights).map(tasks::add).orElse(tasks);
      Gradients.backward(sum, false);
      return sum;
    }
  }

  /**
   * What two or more tasks use of a network.
   *
   * @param parameters those that learn, by name, in the order of the layers, with gradients of
   *     zero; the optimiser's own. Their gradients are modified.
   * @param features the last maps that they share, float32 [N,C,h,w]; of this step
   */
  record Shared(Map<String, NDArray> parameters, List<NDArray> features) {
    /**
     * The weight of the last shared layer that learns, a matrix or filters; see {@link
     * OfGradients}.
     */
    NDArray lastWeight() {
      return parameters.values().stream()
          .filter(parameter -> parameter.getShape().dimension() > 1)
          .reduce((first, second) -> second)
          .orElseThrow();
    }
  }

  /**
   * What a balancer is made of.
   *
   * @param weights what the recipe says of each loss, by its name. Not modified.
   * @param tasks that are learned
   * @param base arrays of its own live in it
   * @param seed of all that is random
   */
  record Setup(Map<String, Double> weights, List<Task> tasks, NDManager base, long seed) {}

  /**
   * Differentiates a step's losses: afterwards the parameters' gradients are what the optimiser
   * goes along.
   *
   * @return the step's loss as it is logged, float32 scalar on the losses' manager
   */
  NDArray backward(Step step);

  /**
   * The optimiser has gone its step.
   *
   * @param again the losses of the same batch as they are now, computed when it is asked for;
   *     nothing of them can be differentiated
   */
  default void updated(Supplier<NamedLosses> again) {}

  /**
   * Numbers of its own that are learned with the network's, such as the logarithms of the losses'
   * variances; they ask for a gradient, and the checkpoint holds them.
   */
  default Map<String, NDArray> parameters() {
    return Map.of();
  }

  /**
   * How much each task counted in the last step, or counts from now on, by the task; for logs.
   * Empty where tasks are summed.
   */
  default Map<String, Double> weights() {
    return Map.of();
  }

  /** What it remembers from step to step besides. */
  default List<State> states() {
    return List.of();
  }

  /** A balancer's settings: the section {@code balance} of a training in a recipe. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.CUSTOM, property = "kind")
  @JsonTypeIdResolver(Registered.class)
  interface Options extends Kinds.Member {
    /** The balancer, at the beginning of a training. */
    Balancer create(Setup setup);

    /** Whether it compares the tasks of a batch, so that a batch with one task is nothing to it. */
    default boolean comparesTasksOfABatch() {
      return true;
    }

    /**
     * Checks, before anything is trained, that it can balance a network.
     *
     * @param network of several tasks
     * @param frozen prefixes of its layers that do not learn. Not modified.
     * @throws IllegalArgumentException if it cannot; names the recipe's key
     */
    default void check(LayerGraph network, List<String> frozen) {}
  }

  /** Settings of a balancer of the tasks' gradients, which meet in a layer that tasks share. */
  interface OfGradients extends Options {
    @Override
    default void check(LayerGraph network, List<String> frozen) {
      Set<String> shared = network.sharedParameters();
      if (network.parameters().stream()
          .filter(each -> shared.contains(each.name()) && each.shape().size() > 1)
          .allMatch(each -> frozen.stream().anyMatch(each.name()::startsWith))) {
        throw new IllegalArgumentException(
            "balance: %s needs a layer that two tasks use and that learns; network.frozen %s has all"
                    .formatted(kind(), frozen)
                + " such layers, so take a prefix out");
      }
    }
  }

  /** All balancers that there are. */
  final class Registered extends Kinds<Options> {
    /** Finds them. */
    public Registered() {
      super(Options.class);
    }
  }
}
