package dev.tarsier.trainer.network;

import java.util.List;

/**
 * The name and shape of a tensor a network stores.
 *
 * @param name such as {@code encoder.features.0.0.weight}
 * @param shape sizes, outermost first; convolution weights are [out, in/groups, kernel, kernel]
 */
public record TensorSpec(String name, List<Long> shape) {
  /** Copies the shape. */
  public TensorSpec {
    shape = List.copyOf(shape);
  }

  /** Number of values. */
  public long count() {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }

  long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
