package dev.tarsier.runtime.inference;

import java.util.Arrays;
import java.util.List;

/**
 * Type and shape of a network's input or output.
 *
 * @param type of its values, as ONNX calls it
 * @param shape of each dimension; -1 where it is not fixed
 */
public record TensorSpec(String type, List<Long> shape) {
  /** Bytes from 0 to 255. */
  public static final String UINT8 = "UINT8";

  /** Floating point of 32 bits. */
  public static final String FLOAT = "FLOAT";

  /** Copies the shape. */
  public TensorSpec {
    shape = List.copyOf(shape);
  }

  /** Bytes of that shape. */
  public static TensorSpec uint8(long... shape) {
    return new TensorSpec(UINT8, Arrays.stream(shape).boxed().toList());
  }

  /** Floats of that shape. */
  public static TensorSpec floats(long... shape) {
    return new TensorSpec(FLOAT, Arrays.stream(shape).boxed().toList());
  }

  /** Bytes of memory that it needs; its shape is fixed. */
  int byteLength() {
    long values = shape.stream().reduce(1L, Math::multiplyExact);
    return Math.toIntExact(values * (type.equals(FLOAT) ? Float.BYTES : 1));
  }

  @Override
  public String toString() {
    return type + shape;
  }
}
