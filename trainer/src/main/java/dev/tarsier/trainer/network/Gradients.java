package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
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
   * The gradients of a loss at arrays that it was computed from. What was computed stays to be
   * differentiated once more, and no parameter's gradient changes.
   *
   * @param loss float32 scalar. Not modified.
   * @param at one or more. Not modified.
   * @return in the same order, each of its array's shape; they belong to the loss's manager
   */
  public static List<NDArray> of(NDArray loss, List<NDArray> at) {
    NDManager work = loss.getManager();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < at.size(); i++) {
      names.add("z" + i);
    }
    List<String> all = new ArrayList<>(List.of("y"));
    all.addAll(names);
    ScriptedFunction grad =
        new ScriptedFunction(
            work,
            all,
            "List[Optional[Tensor]]",
            "torch.grad([y], [%s], None, True, False, False)".formatted(String.join(", ", names)));
    NDList arguments = new NDList(loss);
    List<String> called = at.stream().map(NDArray::getName).toList();
    try {
      for (NDArray each : at) {
        each.setName(null); // of a parameter's, which has dots, DJL would make a dictionary
        arguments.add(each);
      }
      return grad.apply(arguments);
    } finally {
      for (int i = 0; i < called.size(); i++) {
        at.get(i).setName(called.get(i));
      }
    }
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
  public static void without(Runnable work) {
    without(
        () -> {
          work.run();
          return null;
        });
  }
}
