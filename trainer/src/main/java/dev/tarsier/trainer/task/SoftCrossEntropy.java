package dev.tarsier.trainer.task;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Scalars;

/**
 * Cross-entropy to a teacher's distribution over the pixels that have one, pooled over the batch:
 * {@code −Σ m_p Σ_c q_pc · log_softmax(logits_p)_c / Σ m_p}. Its gradient is that of the
 * Kullback-Leibler divergence from student to teacher (Hinton et al., 2015, at temperature 1).
 */
public final class SoftCrossEntropy {
  private SoftCrossEntropy() {}

  /**
   * The loss.
   *
   * @param logits float32 [N,C,h,w]. Not modified.
   * @param targets float32 [N,C,h,w], q: sums to 1 over C, or is all 0 where unknown. Not modified.
   * @param maskSum how many pixels are known
   * @return float32 scalar on the manager of {@code logits}; 0 when {@code maskSum} is 0
   */
  public static NDArray of(NDArray logits, NDArray targets, double maskSum) {
    NDArray products = logits.logSoftmax(1).mul(targets);
    return Scalars.times(products.sum(), maskSum > 0 ? -1 / maskSum : 0);
  }
}
