package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.network.Ports;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** A batch as tensors over its own memory, so they are closed before it is. One thread. */
public final class BatchTensors {
  private BatchTensors() {}

  /** What a batch shows the network; belongs to the manager. */
  public static Map<String, NDArray> inputs(NDManager work, Batch batch) {
    int h = batch.height();
    int w = batch.width();
    Map<String, NDArray> inputs = new LinkedHashMap<>();
    inputs.put(Ports.IMAGE, floats(work, batch.image(), batch, 3, h, w));
    if (batch.contents().depthInput()) {
      inputs.put(Ports.DEPTH_INPUT, floats(work, batch.depthInput(), batch, 1, h, w));
    }
    int channels = batch.contents().labelChannels();
    if (channels > 0) {
      inputs.put(Ports.LABELS_INPUT, floats(work, batch.labelsInput(), batch, channels, h, w));
    }
    return inputs;
  }

  /**
   * A part of a batch.
   *
   * @param work owns the tensor
   * @param data of the batch, float32 [size, channels, height, width]
   */
  static NDArray floats(
      NDManager work, ByteBuffer data, Batch batch, int channels, int height, int width) {
    return work.create(data, new Shape(batch.size(), channels, height, width), DataType.FLOAT32);
  }
}
