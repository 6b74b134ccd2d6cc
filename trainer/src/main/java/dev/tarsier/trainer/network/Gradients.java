package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Supplier;

/**
 * Gradients, and whether PyTorch records what is computed, for them. It does so for each thread by
 * itself.
 */
public final class Gradients {
  private Gradients() {}

  /**
   * Adds the gradient of a loss to those of all parameters that it was computed from.
   *
   * @param loss float32 scalar. Not modified.
   * @param again whether what it was computed from will be differentiated once more
   */
  public static void backward(NDArray loss, boolean again) {
    JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), again, false);
  }

  /**
   * Computes something without recording; afterwards this thread records again if it did before.
   *
   * @param work what to compute
   * @return what it gave
   */
  public static <T> T without(Supplier<T> work) {
    boolean recording = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try {
      return work.get();
    } finally {
      JniUtils.setGradMode(recording);
    }
  }

  /** The same for what gives nothing. */
  static void without(Runnable work) {
    without(
        () -> {
          work.run();
          return null;
        });
  }
}
