package dev.tarsier.trainer.task;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.Scalars;

/**
 * The reverse Huber loss over the pixels whose depth is known, pooled over the batch: of an error e
 * = |d − t| it is e up to c and (e² + c²) / 2c above, where c is a fifth of the batch's largest
 * error (Laina et al., "Deeper Depth Prediction with Fully Convolutional Residual Networks", 2016,
 * eq. 2). Large errors, which decide an rmse, count more than in {@link MaskedL1}.
 */
public final class MaskedBerHu {
  private static final double SHARE = 0.2;

  private MaskedBerHu() {}

  /** Parameters and result as in {@link MaskedL1#of}. No gradient flows through c. */
  public static NDArray of(NDArray predicted, NDArray target, NDArray mask, double maskSum) {
    NDArray error = predicted.sub(target).abs().mul(mask);
    double threshold = SHARE * error.max().getFloat();
    if (!(threshold > 0)) {
      return Scalars.times(error.sum(), maskSum > 0 ? 1 / maskSum : 0);
    }
    // (e² + c²) / 2c = e + (e − c)² / 2c.
    NDArray beyond = Scalars.atLeast(error.sub(threshold), 0);
    NDArray sum = error.sum().add(Scalars.times(beyond.mul(beyond).sum(), 1 / (2 * threshold)));
    return Scalars.times(sum, 1 / maskSum);
  }
}
