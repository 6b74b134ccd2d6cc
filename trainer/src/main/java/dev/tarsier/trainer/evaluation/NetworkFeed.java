package dev.tarsier.trainer.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.tensor.RgbImage;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Puts whole frames, not varied, into the inputs that a network asks for. Colour is stretched as
 * the robot stretches it; depth and labels take the nearest pixel. A frame without depth or labels
 * is seen as one that knows none of them, as in training.
 *
 * <p>One thread at a time; the buffers are used again, so a batch must be done with before the next
 * is set.
 */
public final class NetworkFeed {
  private final Map<String, Integer> channels;
  private final int height;
  private final int width;
  private final Map<String, ByteBuffer> buffers = new LinkedHashMap<>();

  /**
   * Buffers for a network.
   *
   * @param graph whose inputs are fed
   * @param batch frames at most
   * @param height of the inputs
   * @param width of the inputs
   */
  public NetworkFeed(LayerGraph graph, int batch, int height, int width) {
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
   * Whether a network can be shown these frames: each of the depth and the labels that it sees
   * besides the image is there in one of them at least.
   *
   * @param frames by number
   */
  public static boolean fits(LayerGraph graph, int size, IntFunction<Sample> frames) {
    boolean depth = graph.inputs().containsKey(Ports.DEPTH_INPUT);
    boolean labels = graph.inputs().containsKey(Ports.LABELS_INPUT);
    for (int i = 0; (depth || labels) && i < size; i++) {
      Sample sample = frames.apply(i);
      depth &= sample.depthMetres() == null;
      labels &= sample.labels() == null;
    }
    return !depth && !labels;
  }

  /**
   * Checks that a network can be shown these frames.
   *
   * @throws DataException if it cannot
   */
  public static void requireFits(
      LayerGraph graph, String name, int size, IntFunction<Sample> frames) {
    if (!fits(graph, size, frames)) {
      throw new DataException(
          "no frame of %s has the %s that the network %s asks for"
              .formatted(
                  name,
                  graph.inputs().containsKey(Ports.DEPTH_INPUT) ? "depth" : "labels",
                  graph.name()));
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
   * @param scale by which depth is divided
   */
  public void set(int slot, Sample sample, double scale) {
    channels.forEach(
        (name, count) -> {
          FloatBuffer to = buffers.get(name).asFloatBuffer();
          switch (name) {
            case Ports.IMAGE -> image(to, slot, sample);
            case Ports.DEPTH_INPUT -> depth(to, slot, sample, (float) scale);
            case Ports.LABELS_INPUT -> labels(to, slot, sample, count);
            default ->
                throw new IllegalArgumentException("nothing to feed input " + name + " with");
          }
        });
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

  private void depth(FloatBuffer to, int slot, Sample sample, float scale) {
    float[] plane = new float[width * height];
    if (sample.depthMetres() != null) {
      for (int i = 0; i < plane.length; i++) {
        float metres = sample.depthMetres()[nearest(i, sample)];
        plane[i] = MetricMap.isKnown(metres) ? metres / scale : 0;
      }
    }
    to.put(slot * plane.length, plane);
  }

  private void labels(FloatBuffer to, int slot, Sample sample, int classes) {
    int size = width * height;
    float[] planes = new float[classes * size];
    if (sample.labels() != null) {
      for (int i = 0; i < size; i++) {
        int id = sample.labels()[nearest(i, sample)] & 0xff;
        if (id < classes) {
          planes[id * size + i] = 1;
        }
      }
    }
    to.put(slot * planes.length, planes);
  }

  private int nearest(int pixel, Sample sample) {
    return Sampling.nearest(pixel, width, height, sample.width(), sample.height());
  }
}
