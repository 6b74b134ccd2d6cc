package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Scalars;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.State;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A part of what a training minimises, such as what labels say. It takes of a batch what it has:
 * frames and pixels without a target count nothing. One thread, that of the forward pass.
 */
public interface Objective extends AutoCloseable {
  /** Squared: keeps a vector of length 0 from being divided by it. */
  float SHORTEST = 1e-12f;

  /**
   * A step as objectives see it; what they compute belongs to {@code work}.
   *
   * @param batch what the targets are read from. Not modified.
   * @param inputs what the network was shown, by name. Not modified.
   * @param forward what it gave, with what objectives tap. Not modified.
   * @param work owns what is computed
   * @param number of the step, from 0
   */
  record Step(
      Batch batch,
      Map<String, NDArray> inputs,
      GraphModule.Forward forward,
      NDManager work,
      long number) {}

  /**
   * Adds its losses; none where the batch or the network has nothing for it.
   *
   * @param losses takes float32 scalars
   */
  void add(Step step, NamedLosses losses);

  /** Layers whose values it asks for besides the outputs. */
  default Set<String> taps() {
    return Set.of();
  }

  /**
   * Says how much its losses count, where that is not 1.
   *
   * @param weights by the losses' names, those of the labels' first. Modified.
   */
  default void weigh(Map<String, Double> weights) {}

  /** What it learns with the network, by the network's optimiser; by name. */
  default Map<String, NDArray> parameters() {
    return Map.of();
  }

  /**
   * The losses of a step are differentiated; the network has not moved yet.
   *
   * @param step its number, from 0
   */
  default void differentiated(long step) {}

  /** Parameters of its own optimiser whose gradient overflowed, by name; empty in a sound run. */
  default List<String> stuck() {
    return List.of();
  }

  /** What it needs to go on after a stop, such as a further network; most need nothing. */
  default List<State> states() {
    return List.of();
  }

  /** Networks of its own that it runs in each step, with the size of their inputs. */
  default Map<LayerGraph, Size> networks() {
    return Map.of();
  }

  /** Frees what it made. */
  @Override
  default void close() {}

  /**
   * The output of a task and those that are supervised besides: {@code task} and {@code task.*}.
   */
  static List<NDArray> outputs(Map<String, NDArray> outputs, String task) {
    List<NDArray> found = new ArrayList<>();
    outputs.forEach(
        (name, output) -> {
          if (name.equals(task) || name.startsWith(task + ".")) {
            found.add(output);
          }
        });
    return found;
  }

  /**
   * What a network says of a task, as a target for another: vectors of length 1, and all else as it
   * is.
   *
   * @param output float32 [N,C,h,w]. Not modified; nothing of it is learned.
   */
  static NDArray asTarget(Task task, NDArray output) {
    NDArray held = output.stopGradient();
    return task.head().kind() instanceof UnitVectorMap ? Scalars.unitLength(held, SHORTEST) : held;
  }

  /** The sum of the same loss of each output; there is one or more. */
  static NDArray sum(List<NDArray> outputs, UnaryOperator<NDArray> loss) {
    NDArray sum = null;
    for (NDArray output : outputs) {
      NDArray one = loss.apply(output);
      sum = sum == null ? one : sum.add(one);
    }
    return sum;
  }
}
