package dev.tarsier.trainer.export;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Counts how well a model's outputs agree with the network's: frame by frame, and with as many
 * frames at once as the network was trained with. The last batch is filled up with its first frame.
 */
final class ParityTally {
  private final LayerGraph graph;
  private final UnaryOperator<Map<String, NDArray>> network;
  private final Size size;
  private final int batch;
  private final boolean classes;
  private final boolean depth;
  private int frames;
  private long pixels;
  private long agreeing;
  private double depthError;
  private final List<Frame> waiting = new ArrayList<>();

  /** What the network saw and what the model gave for it; null where there is no such head. */
  private record Frame(Map<String, float[]> inputs, byte[] ids, float[] metres) {}

  /**
   * Nothing counted yet.
   *
   * @param module the network; run in evaluation mode. Not modified.
   * @param size of the model's input and outputs
   * @param batch frames at once, ≥ 1
   */
  ParityTally(GraphModule module, Size size, int batch) {
    this(module.graph(), inputs -> module.forward(inputs, false), size, batch);
  }

  ParityTally(LayerGraph graph, UnaryOperator<Map<String, NDArray>> network, Size size, int batch) {
    if (batch < 1) {
      throw new IllegalArgumentException("batch must be >= 1, got " + batch);
    }
    this.graph = graph;
    this.network = network;
    this.size = size;
    this.batch = batch;
    this.classes = graph.outputs().containsKey(Edge.CLASSES);
    this.depth = graph.outputs().containsKey(Edge.DEPTH);
  }

  /** Whether there is a class head. */
  boolean hasClasses() {
    return classes;
  }

  /** Whether there is a depth head. */
  boolean hasDepth() {
    return depth;
  }

  /**
   * Counts a frame.
   *
   * @param inputs what the network sees of it, [1,C,H,W] each. Copied.
   * @param ids what the model gives, [H,W]; not looked at without a class head. Copied.
   * @param metres what the model gives, [H,W]; not looked at without a depth head. Copied.
   */
  void add(Map<String, NDArray> inputs, ByteBuffer ids, FloatBuffer metres) {
    Map<String, float[]> seen = new LinkedHashMap<>();
    inputs.forEach((name, input) -> seen.put(name, input.toFloatArray()));
    Frame frame = new Frame(seen, classes ? ids(ids) : null, depth ? metres(metres) : null);
    frames++;
    compare(List.of(frame), 1);
    if (batch > 1) {
      waiting.add(frame);
      if (waiting.size() == batch) {
        compareWaiting();
      }
    }
  }

  private void compareWaiting() {
    compare(waiting, batch);
    waiting.clear();
  }

  private void compare(List<Frame> seen, int atOnce) {
    try (NDManager manager = PyTorch.newBaseManager()) {
      Map<String, NDArray> inputs = new LinkedHashMap<>();
      graph
          .inputs()
          .forEach(
              (name, channels) -> {
                float[][] images = new float[atOnce][];
                for (int i = 0; i < atOnce; i++) {
                  images[i] = seen.get(i < seen.size() ? i : 0).inputs().get(name);
                }
                inputs.put(
                    name,
                    manager.create(images).reshape(atOnce, channels, size.height(), size.width()));
              });
      Map<String, NDArray> outputs = network.apply(inputs);
      for (int i = 0; i < seen.size(); i++) {
        pixels += (long) size.height() * size.width();
        countClasses(outputs.get(Edge.CLASSES), i, seen.get(i).ids());
        countDepth(outputs.get(Edge.DEPTH), i, seen.get(i).metres());
      }
    }
  }

  private void countClasses(NDArray logits, int index, byte[] found) {
    if (!classes) {
      agreeing += (long) size.height() * size.width();
      return;
    }
    byte[] expected;
    try (NDArray one = logits.get(index)) {
      expected = largest(one);
    }
    for (int i = 0; i < expected.length; i++) {
      if (found[i] == expected[i]) {
        agreeing++;
      }
    }
  }

  private void countDepth(NDArray metres, int index, float[] found) {
    if (!depth) {
      return;
    }
    try (NDArray one = metres.get("%d:%d".formatted(index, index + 1));
        NDArray full =
            one.getNDArrayInternal()
                .interpolation(new long[] {size.height(), size.width()}, 1, false)) {
      float[] expected = full.toFloatArray();
      for (int i = 0; i < expected.length; i++) {
        // Math.max keeps NaN, which then fails the limit.
        depthError = Math.max(depthError, Math.abs((double) found[i] - expected[i]));
      }
    }
  }

  private byte[] ids(ByteBuffer from) {
    byte[] copy = new byte[size.height() * size.width()];
    from.duplicate().get(copy);
    return copy;
  }

  private float[] metres(FloatBuffer from) {
    float[] copy = new float[size.height() * size.width()];
    from.duplicate().get(copy);
    return copy;
  }

  /**
   * What was counted. Compares what still waits for a full batch.
   *
   * @throws IllegalArgumentException if that is nothing
   */
  ParityReport report() {
    if (!waiting.isEmpty()) {
      compareWaiting();
    }
    return new ParityReport(frames, batch, pixels, agreeing, depthError);
  }

  /** The class of the largest logit at the nearest pixel; the lower id where two are equal. */
  private byte[] largest(NDArray logits) {
    Shape shape = logits.getShape();
    int channels = (int) shape.get(0);
    int rows = (int) shape.get(1);
    int columns = (int) shape.get(2);
    float[] values = logits.toFloatArray();
    byte[] ids = new byte[size.height() * size.width()];
    for (int y = 0; y < size.height(); y++) {
      for (int x = 0; x < size.width(); x++) {
        int at = y * rows / size.height() * columns + x * columns / size.width();
        int best = 0;
        for (int c = 1; c < channels; c++) {
          if (values[c * rows * columns + at] > values[best * rows * columns + at]) {
            best = c;
          }
        }
        ids[y * size.width() + x] = (byte) best;
      }
    }
    return ids;
  }
}
