package dev.tarsier.trainer.task;

import ai.djl.ndarray.NDArray;

/** A loss over the pixels that have a target, pooled over the batch. Any thread. */
@FunctionalInterface
public interface PixelLoss {
  /**
   * The loss.
   *
   * @param predicted float32 [N,C,h,w], as the network gives it. Not modified.
   * @param target int64 ids [N,1,h,w] or float32 values [N,C,h,w], any finite value where nothing
   *     is known. Not modified.
   * @param weights float32 [N,1,h,w], how much each pixel counts, 0 where nothing is known. Not
   *     modified.
   * @param weightSum the sum over {@code weights}
   * @return float32 scalar on the manager of {@code predicted}; 0 when {@code weightSum} is 0
   */
  NDArray of(NDArray predicted, NDArray target, NDArray weights, double weightSum);
}
