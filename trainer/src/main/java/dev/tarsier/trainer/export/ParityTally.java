package dev.tarsier.trainer.export;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Size;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Map;

/** Counts, frame by frame, how well a model's outputs agree with the network's. */
final class ParityTally {
  private final Size size;
  private final boolean classes;
  private final boolean depth;
  private int frames;
  private long pixels;
  private long agreeing;
  private double depthError;

  /**
   * Nothing counted yet.
   *
   * @param graph the network
   * @param size of the model's input and outputs
   */
  ParityTally(LayerGraph graph, Size size) {
    this.size = size;
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
   * @param outputs what the network gives for it. Not modified.
   * @param ids what the model gives, [H,W]; not looked at without a class head. Not modified.
   * @param metres what the model gives, [H,W]; not looked at without a depth head. Not modified.
   */
  void add(Map<String, NDArray> outputs, ByteBuffer ids, FloatBuffer metres) {
    int area = size.height() * size.width();
    frames++;
    pixels += area;
    if (classes) {
      byte[] expected = largest(outputs.get(Edge.CLASSES));
      for (int i = 0; i < area; i++) {
        if (ids.get(i) == expected[i]) {
          agreeing++;
        }
      }
    } else {
      agreeing += area;
    }
    if (depth) {
      try (NDArray full =
          outputs
              .get(Edge.DEPTH)
              .getNDArrayInternal()
              .interpolation(new long[] {size.height(), size.width()}, 1, false)) {
        float[] expected = full.toFloatArray();
        for (int i = 0; i < area; i++) {
          // Math.max keeps NaN, which then fails the limit.
          depthError = Math.max(depthError, Math.abs((double) metres.get(i) - expected[i]));
        }
      }
    }
  }

  /**
   * What was counted.
   *
   * @throws IllegalArgumentException if that is nothing
   */
  ParityReport report() {
    return new ParityReport(frames, pixels, agreeing, depthError);
  }

  /** The class of the largest logit at the nearest pixel; the lower id where two are equal. */
  private byte[] largest(NDArray logits) {
    Shape shape = logits.getShape();
    int channels = (int) shape.get(1);
    int rows = (int) shape.get(2);
    int columns = (int) shape.get(3);
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
