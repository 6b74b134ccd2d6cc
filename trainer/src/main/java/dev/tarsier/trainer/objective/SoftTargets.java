package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.Target;
import dev.tarsier.trainer.task.SoftCrossEntropy;
import dev.tarsier.trainer.task.Task;
import java.util.List;
import java.util.Map;

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
  public void add(Batch batch, Map<String, NDArray> outputs, NDManager work, NamedLosses losses) {
    Target soft = batch.soft(task);
    List<NDArray> logits = Objective.outputs(outputs, task.tensor());
    if (soft == null || logits.isEmpty()) {
      return;
    }
    NDArray targets =
        work.create(
            soft.values(),
            new Shape(batch.size(), soft.channels(), soft.height(), soft.width()),
            DataType.FLOAT32);
    losses.add(
        name(task),
        Objective.sum(logits, one -> SoftCrossEntropy.of(one, targets, soft.weightSum())),
        soft.weightSum() > 0);
  }
}
