package dev.tarsier.trainer.task;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Scalars;

/**
 * Cross-entropy over the pixels that have a label, pooled over the batch: {@code −Σ w_y(p) ·
 * log_softmax(logits_p)[y(p)] / Σ w_y(p)}; with all weights 1 the loss of MTAN and MTI-Net (methods
 * §1, §6).
 */
public final class MaskedCrossEntropy {
  private MaskedCrossEntropy() {}

  /**
   * The loss.
   *
   * @param logits float32 [N,C,h,w]. Not modified.
   * @param classIds int64 [N,1,h,w], 0 to C − 1, any of these where there is no label. Not
   *     modified.
   * @param weights float32 [N,1,h,w], 0 where there is no label. Not modified.
   * @param weightSum the sum over {@code weights}
   * @return float32 scalar on the manager of {@code logits}; 0 when {@code weightSum} is 0
   */
  public static NDArray of(NDArray logits, NDArray classIds, NDArray weights, double weightSum) {
    NDArray picked = logits.logSoftmax(1).gather(classIds, 1);
    return Scalars.times(picked.mul(weights).sum(), weightSum > 0 ? -1 / weightSum : 0);
  }
}
