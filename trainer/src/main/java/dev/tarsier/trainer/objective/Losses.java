package dev.tarsier.trainer.objective;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.trainer.dataset.Contents;
import dev.tarsier.trainer.task.PixelLoss;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskName;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a step minimises: the sum of {@code weight · loss} over the tasks, and {@code softWeight ·
 * L_T} for each with classes (methods §1), where L_T is the cross-entropy to a teacher's
 * distribution. Where a network has further outputs {@code <task>.*}, each of them adds the same
 * losses (deep supervision).
 *
 * @param softWeight ≥ 0; counts only where the data has soft labels
 * @param balancer how much each of them counts, which is a section of its own in a recipe; null for
 *     the sum with these weights
 * @param tasks by the name of a task in recipes: {@code <task>_weight}, ≥ 0, and {@code <task>},
 *     which of its losses. A task that is not here has weight 1 and its first loss.
 */
public record Losses(
    double softWeight,
    @JsonIgnore Balancer.Options balancer,
    @JsonAnySetter @JsonAnyGetter Map<String, Object> tasks) {
  private static final String WEIGHT = "_weight";

  /** Checks names and ranges. */
  public Losses {
    Map<String, Object> said = new TreeMap<>();
    for (Map.Entry<String, Object> each :
        (tasks == null ? Map.<String, Object>of() : tasks).entrySet()) {
      String key = each.getKey();
      boolean weight = key.endsWith(WEIGHT);
      TaskType type = type(key, weight);
      if (weight) {
        double value = number(key, each.getValue());
        said.put(type.recipeName() + WEIGHT, value);
      } else {
        Set<String> names = type.any().losses().keySet();
        String name = String.valueOf(each.getValue());
        if (!names.contains(name.toLowerCase(Locale.ROOT))) {
          throw new IllegalArgumentException(
              "%s must be one of %s, got '%s'".formatted(type.recipeName(), names, name));
        }
        // In capitals, as a choice stands in the hashes of trainings.
        said.put(type.recipeName(), String.valueOf(each.getValue()).toUpperCase(Locale.ROOT));
      }
    }
    boolean nothing =
        Tasks.all().stream()
                .allMatch(type -> Double.valueOf(0).equals(said.get(type.recipeName() + WEIGHT)))
            && said.values().stream()
                .noneMatch(value -> value instanceof Double weight && weight > 0);
    if (!(softWeight >= 0) || (nothing && softWeight == 0)) {
      throw new IllegalArgumentException(
          "weights must be >= 0 and not all 0, got %s and soft_weight %s"
              .formatted(said, softWeight));
    }
    tasks = Collections.unmodifiableMap(said);
    balancer = new Uniform.Options().equals(balancer) ? null : balancer;
  }

  /** Losses without a teacher's distribution. */
  public static Losses of(Map<String, Object> tasks) {
    return new Losses(0, null, tasks);
  }

  /** The same, balanced otherwise. */
  public Losses balancedBy(Balancer.Options other) {
    return new Losses(softWeight, other, tasks);
  }

  /** The same without a teacher's distribution. */
  public Losses withoutSoft() {
    return new Losses(0, balancer, tasks);
  }

  private static TaskType type(String key, boolean weight) {
    if (key.equals("balancer")) {
      throw new IllegalArgumentException(
          "balancer is a section of its own: balance, beside losses");
    }
    String name = weight ? key.substring(0, key.length() - WEIGHT.length()) : key;
    return Tasks.find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s is of no task; there are %s and soft_weight"
                        .formatted(
                            key,
                            String.join(
                                ", ",
                                Tasks.names().stream().map(each -> each + WEIGHT).toList()))));
  }

  private static double number(String key, Object value) {
    if (value instanceof Number number && number.doubleValue() >= 0) {
      return number.doubleValue();
    }
    throw new IllegalArgumentException("%s must be a number >= 0, got %s".formatted(key, value));
  }

  /** How much the loss of a task counts. */
  public double weight(Task task) {
    return weight(recipeName(task));
  }

  private double weight(String recipeName) {
    return tasks.get(recipeName + WEIGHT) instanceof Double weight ? weight : 1;
  }

  /** Whether labels or a teacher's distributions have a weight for a task. */
  public boolean learns(Task task) {
    return learns(recipeName(task), task.head().kind());
  }

  /** The same of a head. */
  public boolean learns(TaskName head) {
    return learns(head.toString(), head.kind());
  }

  private boolean learns(String recipeName, HeadKind kind) {
    return weight(recipeName) + (kind instanceof ClassMap ? softWeight : 0) > 0;
  }

  /**
   * Keys of weights that change nothing, as a network has no such head. Those of 1 and 0 are not
   * told: recipes of several networks share them.
   *
   * @param heads of the network. Not modified.
   */
  public List<String> weightsWithoutHead(List<Task> heads) {
    List<String> known = heads.stream().map(task -> recipeName(task) + WEIGHT).toList();
    return tasks.entrySet().stream()
        .filter(each -> each.getValue() instanceof Double weight && weight != 0 && weight != 1)
        .map(Map.Entry::getKey)
        .filter(key -> !known.contains(key))
        .toList();
  }

  private static String recipeName(Task task) {
    return Tasks.find(task.id()).map(TaskType::recipeName).orElse(task.id());
  }

  /** The loss that is chosen for a task. */
  PixelLoss loss(Task task) {
    Map<String, PixelLoss> losses = task.losses();
    Object chosen = tasks.get(recipeName(task));
    if (chosen == null) {
      return losses.values().iterator().next();
    }
    return losses.get(chosen.toString().toLowerCase(Locale.ROOT));
  }

  /**
   * What labels say of each task; without those that have no weight.
   *
   * @param contents what batches hold
   */
  List<Objective> supervised(Contents contents) {
    List<Objective> objectives = new ArrayList<>();
    for (Task task : contents.targets()) {
      if (weight(task) > 0) {
        objectives.add(new Supervised(task, loss(task)));
      }
    }
    return objectives;
  }

  /**
   * What a teacher's distributions say; nothing where they have no weight.
   *
   * @param contents what batches hold
   */
  List<Objective> softTargets(Contents contents) {
    List<Objective> objectives = new ArrayList<>();
    if (softWeight > 0) {
      contents.soft().forEach(task -> objectives.add(new SoftTargets(task)));
    }
    return objectives;
  }

  /**
   * How much each loss counts, by its name.
   *
   * @param contents what batches hold
   * @return may be modified
   */
  Map<String, Double> weights(Contents contents) {
    Map<String, Double> weights = new HashMap<>();
    contents.targets().forEach(task -> weights.put(task.id(), weight(task)));
    contents.soft().forEach(task -> weights.put(SoftTargets.name(task), softWeight));
    return weights;
  }
}
