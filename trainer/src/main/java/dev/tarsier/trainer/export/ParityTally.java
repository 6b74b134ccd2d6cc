package dev.tarsier.trainer.export;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.evaluation.OutputPlanes;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.task.Task;
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
  private final List<HeadTally> heads;
  private int frames;
  private final List<Frame> waiting = new ArrayList<>();

  /** What the network saw and what the model gave for it, in the order of the heads. */
  private record Frame(Map<String, float[]> inputs, List<float[]> outputs) {}

  /** What was counted of one head. */
  private static final class HeadTally {
    final Task task;
    long values;
    long agreeing;
    double maxError;

    HeadTally(Task task) {
      this.task = task;
    }

    void add(float[] expected, float[] found) {
      boolean ids = task.head().kind().isIds();
      values += expected.length;
      for (int i = 0; i < expected.length; i++) {
        double error = Math.abs((double) found[i] - expected[i]);
        if (!ids) {
          // Math.max keeps NaN, which then fails the limit.
          maxError = Math.max(maxError, error);
        }
        if (error <= (ids ? 0 : ParityReport.MAX_ERROR)) {
          agreeing++;
        }
      }
    }

    ParityReport.HeadParity report() {
      return new ParityReport.HeadParity(task.head(), values, agreeing, maxError);
    }
  }

  /**
   * Nothing counted yet.
   *
   * @param module the network; run in evaluation mode. Not modified.
   * @param tasks what it does
   * @param size of the model's input and outputs
   * @param batch frames at once, ≥ 1
   */
  ParityTally(GraphModule module, List<Task> tasks, Size size, int batch) {
    this(module.graph(), tasks, inputs -> module.forward(inputs, false), size, batch);
  }

  ParityTally(
      LayerGraph graph,
      List<Task> tasks,
      UnaryOperator<Map<String, NDArray>> network,
      Size size,
      int batch) {
    if (batch < 1) {
      throw new IllegalArgumentException("batch must be >= 1, got " + batch);
    }
    this.graph = graph;
    this.network = network;
    this.size = size;
    this.batch = batch;
    this.heads = tasks.stream().map(HeadTally::new).toList();
  }

  /**
   * Counts a frame.
   *
   * @param inputs what the network sees of it, [1,C,H,W] each. Copied.
   * @param outputs what the model gives, by the name of the tensor. Copied.
   */
  void add(Map<String, NDArray> inputs, Map<String, Plane> outputs) {
    Map<String, float[]> seen = new LinkedHashMap<>();
    inputs.forEach((name, input) -> seen.put(name, input.toFloatArray()));
    List<float[]> given = new ArrayList<>();
    heads.forEach(head -> given.add(copy(outputs.get(head.task.tensor()))));
    Frame frame = new Frame(seen, given);
    frames++;
    compare(List.of(frame), 1);
    if (batch > 1) {
      waiting.add(frame);
      if (waiting.size() == batch) {
        compareWaiting();
      }
    }
  }

  private static float[] copy(Plane plane) {
    if (!plane.isIds()) {
      float[] values = new float[plane.values().limit()];
      plane.values().get(values);
      return values;
    }
    float[] ids = new float[plane.ids().limit()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Byte.toUnsignedInt(plane.ids().get(i));
    }
    return ids;
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
        for (int h = 0; h < heads.size(); h++) {
          HeadTally head = heads.get(h);
          try (NDArray one = outputs.get(head.task.tensor()).get("%d:%d".formatted(i, i + 1))) {
            Plane expected =
                OutputPlanes.of(head.task.head().kind(), one, size.height(), size.width()).get(0);
            head.add(copy(expected), seen.get(i).outputs().get(h));
          }
        }
      }
    }
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
    boolean unpools = graph.nodes().stream().anyMatch(node -> node.layer() instanceof Layer.Unpool);
    return new ParityReport(frames, batch, unpools, heads.stream().map(HeadTally::report).toList());
  }
}
