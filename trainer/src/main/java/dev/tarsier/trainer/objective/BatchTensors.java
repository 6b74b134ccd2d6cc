package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.Target;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.task.Task;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** A batch as tensors over its own memory, so they are closed before it is. One thread. */
public final class BatchTensors {
  private BatchTensors() {}

  /** What a batch shows the network; belongs to the manager. */
  public static Map<String, NDArray> inputs(NDManager work, Batch batch) {
    Map<String, NDArray> inputs = new LinkedHashMap<>();
    inputs.put(Ports.IMAGE, input(work, batch, batch.image(), 3));
    for (Task task : batch.contents().inputs()) {
      inputs.put(task.input(), input(work, batch, batch.input(task), task.channels()));
    }
    return inputs;
  }

  private static NDArray input(NDManager work, Batch batch, ByteBuffer data, int channels) {
    return work.create(
        data, new Shape(batch.size(), channels, batch.height(), batch.width()), DataType.FLOAT32);
  }

  /** What a target says, int64 ids [N,1,h,w] or float32 [N,C,h,w]; belongs to the manager. */
  static NDArray values(NDManager work, Target target, int size) {
    return work.create(
        target.values(),
        new Shape(size, target.channels(), target.height(), target.width()),
        target.isIds() ? DataType.INT64 : DataType.FLOAT32);
  }

  /** How much each pixel of a target counts, float32 [N,1,h,w]; belongs to the manager. */
  static NDArray weights(NDManager work, Target target, int size) {
    return work.create(
        target.weights(), new Shape(size, 1, target.height(), target.width()), DataType.FLOAT32);
  }

  /**
   * The frames of which a target says nothing.
   *
   * @param weights float32 [N,1,h,w], of the target. Not modified.
   * @return float32 [N,1,1,1]: 1 for these, 0 for the others
   */
  static NDArray unlabelled(NDArray weights) {
    NDArray known = weights.sum(new int[] {1, 2, 3}, true).gt(0f).toType(DataType.FLOAT32, false);
    return known.neg().add(1f);
  }
}
