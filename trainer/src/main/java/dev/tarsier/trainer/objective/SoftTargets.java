package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.loss.SoftCrossEntropy;
import java.util.List;
import java.util.Map;

/** What a teacher's distribution says of the classes. */
final class SoftTargets implements Objective {
  @Override
  public void add(Batch batch, Map<String, NDArray> outputs, NDManager work, NamedLosses losses) {
    int classes = batch.contents().softClasses();
    List<NDArray> logits = Objective.outputs(outputs, Losses.CLASSES);
    if (classes == 0 || logits.isEmpty()) {
      return;
    }
    NDArray targets =
        BatchTensors.floats(
            work, batch.soft(), batch, classes, batch.targetHeight(), batch.targetWidth());
    losses.add(
        Losses.SOFT,
        Objective.sum(logits, one -> SoftCrossEntropy.of(one, targets, batch.softMaskSum())));
  }
}
