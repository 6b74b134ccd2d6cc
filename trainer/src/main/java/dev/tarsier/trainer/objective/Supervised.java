package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.Target;
import dev.tarsier.trainer.task.PixelLoss;
import dev.tarsier.trainer.task.Task;
import java.util.List;
import java.util.Map;

/**
 * What labels, a sensor or a teacher say of a task. Its loss has the name of the task.
 *
 * @param task which
 * @param loss one of the task's
 */
record Supervised(Task task, PixelLoss loss) implements Objective {
  @Override
  public void add(Batch batch, Map<String, NDArray> outputs, NDManager work, NamedLosses losses) {
    List<NDArray> predicted = Objective.outputs(outputs, task.tensor());
    if (predicted.isEmpty()) {
      return;
    }
    Target target = batch.target(task);
    NDArray values =
        work.create(
            target.values(),
            new Shape(batch.size(), target.channels(), target.height(), target.width()),
            target.isIds() ? DataType.INT64 : DataType.FLOAT32);
    NDArray weights = BatchTensors.weights(work, target, batch.size());
    losses.add(
        task.id(),
        Objective.sum(predicted, one -> loss.of(one, values, weights, target.weightSum())),
        target.weightSum() > 0);
  }
}
