package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.Target;
import dev.tarsier.trainer.task.SoftCrossEntropy;
import dev.tarsier.trainer.task.Task;
import java.util.List;

/**
 * What a teacher's distribution says of a task's classes.
 *
 * @param task whose outputs are logits
 */
record SoftTargets(Task task) implements Objective {
  /** Name of the loss. */
  static String name(Task task) {
    return task.id() + ".soft";
  }

  @Override
  public void add(Step step, NamedLosses losses) {
    Batch batch = step.batch();
    Target soft = batch.soft(task);
    List<NDArray> logits = Objective.outputs(step.forward().outputs(), task.tensor());
    if (soft == null || logits.isEmpty()) {
      return;
    }
    NDArray targets = BatchTensors.values(step.work(), soft, batch.size());
    losses.add(
        name(task),
        Objective.sum(logits, one -> SoftCrossEntropy.of(one, targets, soft.weightSum())),
        soft.weightSum() > 0);
  }
}
