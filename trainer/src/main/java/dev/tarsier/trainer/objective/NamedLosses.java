package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Scalars;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The losses of one step by name, in the order in which they are summed. One thread. */
public final class NamedLosses {
  private final Map<String, NDArray> losses = new LinkedHashMap<>();
  private final Set<String> unknown = new HashSet<>();
  private final Set<String> besides = new HashSet<>();

  /** No losses yet. */
  public NamedLosses() {}

  /**
   * Adds a loss.
   *
   * @param name as it is logged, such as {@code depth}
   * @param loss float32 scalar; owned by the step
   * @param known whether the batch has anything to learn from; otherwise the loss is 0
   */
  public void add(String name, NDArray loss, boolean known) {
    if (losses.put(name, loss) != null) {
      throw new IllegalStateException("two losses are called '" + name + "'");
    }
    if (!known) {
      unknown.add(name);
    }
  }

  /**
   * Adds a loss behind which there is no target of its task, such as what another network says: it
   * is learned from, but does not make its task one of those that the batch has targets of.
   *
   * @param name as it is logged, such as {@code depth.features}
   * @param loss float32 scalar; owned by the step
   */
  public void addBesides(String name, NDArray loss) {
    add(name, loss, true);
    besides.add(name);
  }

  /**
   * The losses of each task, {@code depth} and {@code depth.*}, each times its weight; without
   * tasks of which the batch has no target.
   *
   * @param weights by the losses' names. Not modified.
   */
  public Map<String, NDArray> byTask(Map<String, Double> weights) {
    Set<String> targeted = targeted();
    Map<String, NDArray> tasks = new LinkedHashMap<>();
    losses.forEach(
        (name, loss) -> {
          if (!unknown.contains(name) && targeted.contains(LayerGraph.task(name))) {
            tasks.merge(
                LayerGraph.task(name), Scalars.times(loss, weights.get(name)), NDArray::add);
          }
        });
    return tasks;
  }

  /**
   * What is learned besides of tasks of which the batch has no target, each loss times its weight.
   *
   * @param weights by the losses' names. Not modified.
   * @return none where there is nothing
   */
  Optional<NDArray> ofOtherTasks(Map<String, Double> weights) {
    Set<String> targeted = targeted();
    return losses.entrySet().stream()
        .filter(each -> besides.contains(each.getKey()))
        .filter(each -> !targeted.contains(LayerGraph.task(each.getKey())))
        .map(each -> Scalars.times(each.getValue(), weights.get(each.getKey())))
        .reduce(NDArray::add);
  }

  private Set<String> targeted() {
    return losses.keySet().stream()
        .filter(name -> !unknown.contains(name) && !besides.contains(name))
        .map(LayerGraph::task)
        .collect(Collectors.toSet());
  }

  /**
   * All losses, each times its weight.
   *
   * @param weights by the losses' names. Not modified.
   */
  public NDArray sum(Map<String, Double> weights) {
    return losses.entrySet().stream()
        .map(each -> Scalars.times(each.getValue(), weights.get(each.getKey())))
        .reduce(NDArray::add)
        .orElseThrow();
  }

  /** {@code Σ weights[i] · parts[i]}; one or more. */
  static NDArray weighted(List<NDArray> parts, double[] weights) {
    NDArray sum = null;
    for (int i = 0; i < weights.length; i++) {
      NDArray part = Scalars.times(parts.get(i), weights[i]);
      sum = sum == null ? part : sum.add(part);
    }
    return sum;
  }

  /** The losses in order. */
  public Map<String, NDArray> all() {
    return Collections.unmodifiableMap(losses);
  }

  /** Their values in order, of those from which the batch has anything to learn. */
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    losses.forEach(
        (name, loss) -> {
          if (!unknown.contains(name)) {
            values.put(name, (double) loss.getFloat());
          }
        });
    return values;
  }

  @Override
  public String toString() {
    return values().entrySet().stream()
        .map(each -> each.getKey() + " " + each.getValue())
        .collect(Collectors.joining(", "));
  }
}
