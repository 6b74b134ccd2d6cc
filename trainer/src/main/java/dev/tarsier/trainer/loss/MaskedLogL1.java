package dev.tarsier.trainer.loss;

import ai.djl.ndarray.NDArray;

/**
 * Mean absolute error of the logarithm of depth over the pixels whose depth is known, pooled over
 * the batch: {@code Σ m |ln max(d, ε) − ln max(t, ε)| / Σ m}, ε = 1 mm. Near and far errors count
 * by their ratio (the scale-aware part of Eigen et al., NIPS 2014, eq. 1).
 */
public final class MaskedLogL1 {
  private static final float LEAST_METRES = 1e-3f;

  private MaskedLogL1() {}

  /** Parameters and result as in {@link MaskedL1#of}, but without a unit. */
  public static NDArray of(NDArray predicted, NDArray target, NDArray mask, double maskSum) {
    NDArray error = predicted.maximum(LEAST_METRES).log();
    error = error.sub(target.maximum(LEAST_METRES).log()).abs();
    return error.mul(mask).sum().mul((float) (maskSum > 0 ? 1 / maskSum : 0));
  }
}
