package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The losses of one step by name, in the order in which they are summed. One thread. */
public final class NamedLosses {
  private final Map<String, NDArray> losses = new LinkedHashMap<>();

  /** No losses yet. */
  public NamedLosses() {}

  /**
   * Adds a loss.
   *
   * @param name as it is logged, such as {@code depth}
   * @param loss float32 scalar; owned by the step
   */
  public void add(String name, NDArray loss) {
    if (losses.put(name, loss) != null) {
      throw new IllegalStateException("two losses are called '" + name + "'");
    }
  }

  /** The losses in order. */
  public Map<String, NDArray> all() {
    return Collections.unmodifiableMap(losses);
  }

  /** Their values in order. */
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    losses.forEach((name, loss) -> values.put(name, (double) loss.getFloat()));
    return values;
  }

  @Override
  public String toString() {
    return values().entrySet().stream()
        .map(each -> each.getKey() + " " + each.getValue())
        .collect(Collectors.joining(", "));
  }
}
