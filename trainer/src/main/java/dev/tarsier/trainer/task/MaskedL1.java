package dev.tarsier.trainer.task;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Scalars;

/**
 * Mean absolute error over the pixels whose depth is known, pooled over the batch: {@code Σ m |d −
 * t| / Σ m} (MTAN, KD4MTL, MTI-Net; methods §1).
 */
public final class MaskedL1 {
  private MaskedL1() {}

  /**
   * The loss.
   *
   * @param predicted float32 [N,1,h,w], metres. Not modified.
   * @param target float32 [N,1,h,w], metres, any finite value where unknown. Not modified.
   * @param mask float32 [N,1,h,w], 1 where known, otherwise 0. Not modified.
   * @param maskSum the sum over {@code mask}
   * @return float32 scalar, metres, on the manager of {@code predicted}; 0 when {@code maskSum} is
   *     0
   */
  public static NDArray of(NDArray predicted, NDArray target, NDArray mask, double maskSum) {
    NDArray error = predicted.sub(target).abs();
    return Scalars.times(error.mul(mask).sum(), maskSum > 0 ? 1 / maskSum : 0);
  }
}
