package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.network.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A part of what a training minimises, such as what labels say. It takes of a batch what it has:
 * frames and pixels without a target count nothing. One thread, that of the forward pass.
 */
public interface Objective {
  /**
   * Adds its losses; none where the batch or the network has nothing for it.
   *
   * @param batch what the targets are read from. Not modified.
   * @param outputs of the network, by name. Not modified.
   * @param work owns what is computed
   * @param losses takes float32 scalars
   */
  void add(Batch batch, Map<String, NDArray> outputs, NDManager work, NamedLosses losses);

  /** What it needs to go on after a stop, such as a further network; most need nothing. */
  default List<State> states() {
    return List.of();
  }

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
