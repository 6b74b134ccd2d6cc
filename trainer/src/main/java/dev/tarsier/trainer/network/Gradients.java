package dev.tarsier.trainer.network;

import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Supplier;

/**
 * Whether PyTorch records what is computed, for a gradient. It does so for each thread by itself.
 */
public final class Gradients {
  private Gradients() {}

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
