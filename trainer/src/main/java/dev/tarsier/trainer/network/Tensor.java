package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import java.util.Arrays;
import java.util.List;

/**
 * A float32 tensor in Java's memory, such as one of a network's weights. The array is not copied.
 *
 * @param shape outermost size first; empty for a single number
 * @param values row-major, as many as the shape says
 */
public record Tensor(List<Long> shape, float[] values) {
  /** Checks that shape and values fit. */
  public Tensor {
    shape = List.copyOf(shape);
    long count = shape.stream().reduce(1L, (a, b) -> a * b);
    if (count != values.length) {
      throw new IllegalArgumentException(
          "a tensor of shape %s must have %d values, got %d"
              .formatted(shape, count, values.length));
    }
  }

  /** A copy of an array of PyTorch's; float32, any shape. */
  public static Tensor of(NDArray array) {
    return new Tensor(shape(array), array.toFloatArray());
  }

  /** An array's shape as a tensor states it. */
  public static List<Long> shape(NDArray array) {
    return Arrays.stream(array.getShape().getShape()).boxed().toList();
  }

  /**
   * Writes the values into an array of the same shape. Nothing is recorded for a gradient, also
   * where the array asks for one.
   *
   * @param array float32. Its values are replaced.
   */
  public void writeTo(NDArray array) {
    // Not by array.set(values), with which PyTorch prints a warning for programmers.
    try (NDArray copy = array.getManager().create(values, array.getShape())) {
      Gradients.without(() -> array.set(new NDIndex("..."), copy));
    }
  }
}
