package dev.tarsier.trainer.task;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Scalars;

/**
 * Mean absolute error of the logarithm of depth over the pixels whose depth is known, pooled over
 * the batch: {@code Σ m |ln max(d, ε) − ln max(t, ε)| / Σ m}, ε = 1 mm. Near and far errors count
 * by their ratio (the scale-aware part of Eigen et al., NIPS 2014, eq. 1).
 */
public final class MaskedLogL1 {
  private static final double LEAST_METRES = 1e-3;

  private MaskedLogL1() {}

  /** Parameters and result as in {@link MaskedL1#of}, but without a unit. */
  public static NDArray of(NDArray predicted, NDArray target, NDArray mask, double maskSum) {
    NDArray said = Scalars.atLeast(predicted, LEAST_METRES).log();
    NDArray error = said.sub(Scalars.atLeast(target, LEAST_METRES).log()).abs();
    return Scalars.times(error.mul(mask).sum(), maskSum > 0 ? 1 / maskSum : 0);
  }
}
