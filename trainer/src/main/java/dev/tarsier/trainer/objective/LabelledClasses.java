package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.loss.MaskedCrossEntropy;
import java.util.List;
import java.util.Map;

/** What labels say of the classes. */
final class LabelledClasses implements Objective {
  @Override
  public void add(Batch batch, Map<String, NDArray> outputs, NDManager work, NamedLosses losses) {
    List<NDArray> logits = Objective.outputs(outputs, Losses.CLASSES);
    if (logits.isEmpty()) {
      return;
    }
    int h = batch.targetHeight();
    int w = batch.targetWidth();
    NDArray ids = work.create(batch.classIds(), new Shape(batch.size(), 1, h, w), DataType.INT64);
    NDArray weights = BatchTensors.floats(work, batch.classWeights(), batch, 1, h, w);
    losses.add(
        Losses.CLASSES,
        Objective.sum(
            logits, one -> MaskedCrossEntropy.of(one, ids, weights, batch.classWeightSum())));
  }
}
