package dev.tarsier.trainer.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.PlaneWriter;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Puts whole frames, not varied, into the inputs that a network asks for. Colour is stretched as
 * the robot stretches it; what is known of tasks takes the nearest pixel. A frame of which nothing
 * is known is seen as one that knows none of it, as in training.
 *
 * <p>One thread at a time; the buffers are used again, so a batch must be done with before the next
 * is set.
 */
public final class NetworkFeed {
  private final NetworkTasks tasks;
  private final Map<String, Integer> channels;
  private final int height;
  private final int width;
  private final Map<String, ByteBuffer> buffers = new LinkedHashMap<>();

  /**
   * Buffers for a network.
   *
   * @param graph whose inputs are fed
   * @param tasks what it does
   * @param batch frames at most
   * @param height of the inputs
   * @param width of the inputs
   */
  public NetworkFeed(LayerGraph graph, NetworkTasks tasks, int batch, int height, int width) {
    this.tasks = tasks;
    this.channels = graph.inputs();
    this.height = height;
    this.width = width;
    channels.forEach(
        (name, count) ->
            buffers.put(
                name,
                ByteBuffer.allocateDirect(4 * batch * count * height * width)
                    .order(ByteOrder.nativeOrder())));
  }

  /**
   * Whether a network can be shown these frames: each task that it sees besides the image is known
   * in one of them at least.
   *
   * @param frames by number
   */
  public static boolean fits(NetworkTasks tasks, int size, IntFunction<Sample> frames) {
    return unknown(tasks, size, frames).isEmpty();
  }

  private static List<Task> unknown(NetworkTasks tasks, int size, IntFunction<Sample> frames) {
    List<Task> unknown = new ArrayList<>(tasks.inputs());
    for (int i = 0; !unknown.isEmpty() && i < size; i++) {
      Sample sample = frames.apply(i);
      unknown.removeIf(task -> task.target(sample.known()) != null);
    }
    return unknown;
  }

  /**
   * Checks that a network can be shown these frames.
   *
   * @param name of the frames, for the message
   * @throws DataException if it cannot
   */
  public static void requireFits(
      LayerGraph graph, NetworkTasks tasks, String name, int size, IntFunction<Sample> frames) {
    for (Task task : unknown(tasks, size, frames)) {
      throw new DataException(
          "no frame of %s has the %s that the network %s asks for"
              .formatted(name, task.id(), graph.name()));
    }
  }

  /** Puts a frame into a slot. */
  public void set(int slot, Sample sample) {
    set(slot, sample, 1);
  }

  /**
   * Puts a frame into a slot that is seen magnified, because the inputs are larger than usual: what
   * is seen larger is nearer.
   *
   * @param scale by which distances are divided
   */
  public void set(int slot, Sample sample, double scale) {
    image(buffers.get(Ports.IMAGE).asFloatBuffer(), slot, sample);
    PlaneWriter writer = PlaneWriter.whole(sample, (float) scale, slot);
    for (Task task : tasks.inputs()) {
      writer.input(task, buffers.get(task.input()).asFloatBuffer(), height, width);
    }
  }

  /**
   * The first frames as tensors over the buffers.
   *
   * @param work the tensors belong to it
   * @param frames how many of the slots, from the first
   * @return by input name
   */
  public Map<String, NDArray> inputs(NDManager work, int frames) {
    Map<String, NDArray> inputs = new LinkedHashMap<>();
    buffers.forEach(
        (name, bytes) -> {
          int count = channels.get(name);
          ByteBuffer filled =
              bytes.slice(0, 4 * frames * count * height * width).order(ByteOrder.nativeOrder());
          inputs.put(
              name, work.create(filled, new Shape(frames, count, height, width), DataType.FLOAT32));
        });
    return inputs;
  }

  private void image(FloatBuffer to, int slot, Sample sample) {
    byte[] rgb =
        new RgbImage(sample.width(), sample.height(), sample.rgb()).stretch(width, height).pixels();
    float[] plane = new float[width * height];
    for (int channel = 0; channel < 3; channel++) {
      for (int i = 0; i < plane.length; i++) {
        plane[i] = rgb[3 * i + channel] & 0xff;
      }
      to.put((slot * 3 + channel) * plane.length, plane);
    }
  }
}
