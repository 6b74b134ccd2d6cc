package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.State;
import java.util.List;

/** Makes of the named losses of a step what is differentiated. One thread. */
public interface Balancer {
  /**
   * The step's loss.
   *
   * @param losses one or more. Not modified.
   * @return float32 scalar on the losses' manager
   */
  NDArray balance(NamedLosses losses);

  /** What it remembers from step to step; nothing where it is left as it is. */
  default List<State> states() {
    return List.of();
  }
}
