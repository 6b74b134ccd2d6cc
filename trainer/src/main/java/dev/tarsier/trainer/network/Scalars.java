package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;

/**
 * Arithmetic with a number, safe to differentiate.
 *
 * <p>DJL's own {@code x.mul(number)} makes an array over memory that Java owns and closes it at
 * once. PyTorch keeps that array for the gradient, but not its memory: if the garbage collector
 * runs between the forward and the backward pass, the gradient is multiplied by whatever stands
 * there then. Here the array lives as long as the manager of {@code x}, in a training the step's.
 * Adding or subtracting a number needs none of this: its gradient does not ask for the number.
 *
 * <p>Results belong to the manager of {@code x}. One thread at a time.
 */
public final class Scalars {
  private Scalars() {}

  /**
   * {@code factor · x}.
   *
   * @param x float32, any shape. Not modified.
   * @param factor any
   */
  public static NDArray times(NDArray x, double factor) {
    return x.mul(x.getManager().create((float) factor));
  }

  /**
   * Vectors over the channels, divided by their length: {@code x / sqrt(Σ_c x² + least)}.
   *
   * @param x float32 [N,C,h,w]. Not modified.
   * @param least keeps a vector of length 0 from being divided by it
   */
  public static NDArray unitLength(NDArray x, float least) {
    return x.div(x.square().sum(new int[] {1}, true).add(least).sqrt());
  }

  /**
   * {@code max(x, least)}.
   *
   * @param x float32, any shape. Not modified.
   * @param least any
   */
  public static NDArray atLeast(NDArray x, double least) {
    return x.maximum(x.getManager().create((float) least));
  }
}
