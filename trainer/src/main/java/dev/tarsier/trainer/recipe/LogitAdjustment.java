package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.Tensor;
import dev.tarsier.trainer.task.Task;
import java.util.Arrays;

/**
 * Post-hoc logit adjustment (Menon et al., "Long-tail learning via logit adjustment", 2021, eq. 9):
 * the logit of class c is lowered by {@code τ · ln π_c}, where π_c is its share of the labelled
 * pixels that were trained on. With τ = 1 every class would be judged as if all were equally
 * frequent; a small τ gives rare classes back what cross-entropy takes from them where a pixel is
 * ambiguous. It is added to the bias of the last layer and costs a robot nothing.
 */
final class LogitAdjustment {
  private LogitAdjustment() {}

  /**
   * What is added to each class's logit: {@code −τ (ln π_c − max ln π)}. The most frequent class
   * keeps its logit, and one that never comes does too: it was not learned and is not to be named.
   *
   * @param pixels of each class, by id. Not modified.
   * @param strength τ
   */
  static float[] offsets(double[] pixels, double strength) {
    double most = Arrays.stream(pixels).max().orElse(0);
    float[] offsets = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      offsets[i] = pixels[i] > 0 ? (float) (-strength * Math.log(pixels[i] / most)) : 0;
    }
    return offsets;
  }

  /**
   * Adjusts a network's classes.
   *
   * @param module with a head for the task. Modified.
   * @param task with a class for each pixel
   * @param pixels of each class, by id. Not modified.
   * @param strength τ
   */
  static void apply(GraphModule module, Task task, double[] pixels, double strength) {
    NDArray bias = module.parameters().get(Ports.Head.last(task.tensor()) + ".bias");
    if (bias == null) {
      throw new IllegalArgumentException(
          "the logits of %s cannot be adjusted: its last convolution has no bias"
              .formatted(module.graph().name()));
    }
    float[] values = bias.toFloatArray();
    float[] offsets = offsets(pixels, strength);
    for (int i = 0; i < values.length; i++) {
      values[i] += offsets[i];
    }
    new Tensor(Tensor.shape(bias), values).writeTo(bias);
  }
}
