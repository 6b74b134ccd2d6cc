package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.State;
import java.util.LinkedHashMap;
import java.util.Map;

/** A state of numbers alone, listed once for writing and reading; doubles are kept to the bit. */
abstract class Numbers implements State {
  /** Goes over the numbers: gives each as it is, or as it was saved. */
  interface Visitor {
    /** A whole number. */
    long count(String name, long value);

    /** A number of double precision. */
    default double value(String name, double value) {
      return Double.longBitsToDouble(count(name, Double.doubleToRawLongBits(value)));
    }
  }

  private final String name;

  Numbers(String name) {
    this.name = name;
  }

  /** Sets each number to what the visitor gives for it. */
  abstract void visit(Visitor visitor);

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Map<String, NDArray> tensors() {
    return Map.of();
  }

  @Override
  public final Map<String, Long> numbers() {
    Map<String, Long> all = new LinkedHashMap<>();
    visit(
        (each, value) -> {
          all.put(each, value);
          return value;
        });
    return all;
  }

  @Override
  public final void resume(long steps, Map<String, Long> numbers) {
    visit((each, value) -> numbers.getOrDefault(each, value));
  }
}
