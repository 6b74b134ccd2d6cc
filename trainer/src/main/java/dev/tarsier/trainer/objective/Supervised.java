package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.Target;
import dev.tarsier.trainer.task.PixelLoss;
import dev.tarsier.trainer.task.Task;
import java.util.List;

/**
 * What labels, a sensor or a teacher say of a task. Its loss has the name of the task.
 *
 * @param task which
 * @param loss one of the task's
 */
record Supervised(Task task, PixelLoss loss) implements Objective {
  @Override
  public void add(Step step, NamedLosses losses) {
    List<NDArray> predicted = Objective.outputs(step.forward().outputs(), task.tensor());
    if (predicted.isEmpty()) {
      return;
    }
    Batch batch = step.batch();
    Target target = batch.target(task);
    NDArray values = BatchTensors.values(step.work(), target, batch.size());
    NDArray weights = BatchTensors.weights(step.work(), target, batch.size());
    losses.add(
        task.id(),
        Objective.sum(predicted, one -> loss.of(one, values, weights, target.weightSum())),
        target.weightSum() > 0);
  }
}
