package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskName;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a training learns from besides labels, such as other networks: a section of a training in a
 * recipe.
 */
public interface Auxiliary {
  /**
   * What it is made of.
   *
   * @param module the network that learns, as it begins. Not modified.
   * @param teachers trained networks of one task each, by the task's id. Not modified; they stay
   *     the caller's.
   * @param losses what labels are learned by
   * @param batches what steps see
   * @param steps of the whole training
   * @param base arrays of its own live in children of it
   */
  record Setup(
      GraphModule module,
      Map<String, GraphModule> teachers,
      Losses losses,
      BatchLoader.Plan batches,
      long steps,
      NDManager base) {
    /** Copies. */
    public Setup {
      teachers = Map.copyOf(teachers);
    }

    /** What is learned. */
    List<Task> tasks() {
      return batches.contents().targets();
    }
  }

  /** The objective, at the beginning of a training; the caller closes it. */
  Objective create(Setup setup);

  /**
   * Checks that it fits the tasks that are learned.
   *
   * @param heads of the network. Not modified.
   * @throws IllegalArgumentException if it does not; the message names the key
   */
  default void check(List<TaskName> heads) {}

  /**
   * Why it never counts in a training of some length; empty where it does.
   *
   * @param batches what steps see
   * @param steps of the whole training, ≥ 1
   */
  default Optional<String> idle(BatchLoader.Plan batches, long steps) {
    return Optional.empty();
  }

  /** What a model card says of it: a sentence. */
  String card();

  /** Whether it stands in place of what labels say. */
  default boolean replacesLabels() {
    return false;
  }
}
