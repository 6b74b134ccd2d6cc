package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.loss.MaskedBerHu;
import dev.tarsier.trainer.loss.MaskedL1;
import dev.tarsier.trainer.loss.MaskedLogL1;
import java.util.List;
import java.util.Map;

/**
 * What a sensor, or a teacher, says of depth.
 *
 * @param loss which
 */
record MeasuredDepth(Losses.Depth loss) implements Objective {
  @Override
  public void add(Batch batch, Map<String, NDArray> outputs, NDManager work, NamedLosses losses) {
    List<NDArray> metres = Objective.outputs(outputs, Losses.DEPTH);
    if (metres.isEmpty()) {
      return;
    }
    int h = batch.targetHeight();
    int w = batch.targetWidth();
    NDArray target = BatchTensors.floats(work, batch.depth(), batch, 1, h, w);
    NDArray mask = BatchTensors.floats(work, batch.depthMask(), batch, 1, h, w);
    double known = batch.depthMaskSum();
    losses.add(
        Losses.DEPTH,
        Objective.sum(
            metres,
            one ->
                switch (loss) {
                  case L1 -> MaskedL1.of(one, target, mask, known);
                  case LOG_L1 -> MaskedLogL1.of(one, target, mask, known);
                  case BERHU -> MaskedBerHu.of(one, target, mask, known);
                }));
  }
}
