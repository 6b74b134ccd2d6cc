package dev.tarsier.trainer.objective;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskName;
import dev.tarsier.trainer.task.Tasks;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How much something counts for each task.
 *
 * @param byTask ≥ 0, by the name of a task in recipes
 */
public record TaskWeights(@JsonValue Map<String, Double> byTask) {
  /** Checks names and ranges; ids of tasks are understood too. */
  @JsonCreator
  public TaskWeights {
    Map<String, Double> said = new TreeMap<>();
    byTask.forEach(
        (name, weight) -> {
          if (weight == null || !(weight >= 0 && Double.isFinite(weight))) {
            throw new IllegalArgumentException(
                "the weight of %s must be >= 0, got %s".formatted(name, weight));
          }
          said.put(Tasks.of(name).recipeName(), weight);
        });
    byTask = Collections.unmodifiableMap(said);
  }

  /**
   * Checks that there is nothing for a task that is not learned.
   *
   * @param key of the recipe, for the message
   * @param heads that are learned. Not modified.
   */
  public void requireOf(String key, List<TaskName> heads) {
    List<String> known = heads.stream().map(TaskName::toString).toList();
    for (String task : byTask.keySet()) {
      if (!known.contains(task)) {
        throw new IllegalArgumentException(
            "%s has %s, which is none of %s; leave it out".formatted(key, task, known));
      }
    }
  }

  /**
   * Checks that something counts at all.
   *
   * @param section of the recipe, for the message
   * @param heads that it is for. Not modified.
   * @param otherwise what a head has that is not named
   */
  public void requireAny(String section, List<TaskName> heads, double otherwise) {
    if (heads.stream().allMatch(head -> byTask.getOrDefault(head.toString(), otherwise) == 0)) {
      throw new IllegalArgumentException(
          "%1$s.weights are 0 for all of %2$s, so %1$s would change nothing; leave %1$s out"
              .formatted(section, heads));
    }
  }

  /** That of a task, or what it is where none is said. */
  public double of(Task task, double otherwise) {
    return Tasks.find(task.id())
        .map(type -> byTask.getOrDefault(type.recipeName(), otherwise))
        .orElse(otherwise);
  }
}
