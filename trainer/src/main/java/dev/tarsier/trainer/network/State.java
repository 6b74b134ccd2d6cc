package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A part of a training that a run which goes on needs: a network, an optimiser's moments, what a
 * balancer remembers, a generator of random numbers. A checkpoint holds a list of them and knows
 * none by name. One thread, that of the training.
 */
public interface State {
  /** What its values' names start with in a checkpoint, such as {@code model}; unique in a run. */
  String name();

  /** Its float32 tensors by name; its own arrays, into which a checkpoint is read. */
  Map<String, NDArray> tensors();

  /** What it has besides that a float does not hold exactly, such as a generator's state. */
  default Map<String, Long> numbers() {
    return Map.of();
  }

  /**
   * Goes on; the tensors are read already.
   *
   * @param steps done
   * @param numbers as {@link #numbers} gave them. Not modified.
   */
  default void resume(long steps, Map<String, Long> numbers) {}

  /** A state of tensors alone. The map is copied, the tensors are not. */
  static State of(String name, Map<String, NDArray> tensors) {
    record Tensors(String name, Map<String, NDArray> tensors) implements State {}

    return new Tensors(name, Collections.unmodifiableMap(new LinkedHashMap<>(tensors)));
  }
}
