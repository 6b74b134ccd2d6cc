package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.trainer.evaluation.Scores;
import dev.tarsier.trainer.task.FormerMetricNames;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a network's best checkpoint was measured at on a data set.
 *
 * @param use {@code validation}, by the first of which that checkpoint was chosen, or {@code
 *     evaluation}
 * @param data the data set's name
 * @param frames how many it has
 * @param sha256 of the data set
 * @param protocol what the figures' definitions are
 * @param values figures by name, such as {@code depth.rmse}; only what there was truth for
 * @param iouByClass intersection over union by class name, of classes that truth or prediction has;
 *     empty where there is no truth or no class head
 */
public record Figures(
    String use,
    String data,
    int frames,
    String sha256,
    String protocol,
    Map<String, Double> values,
    Map<String, Double> iouByClass) {
  /** How validation data is used. */
  public static final String VALIDATION = "validation";

  /** How evaluation data is used. */
  public static final String EVALUATION = "evaluation";

  /** Copies the maps, in their order. */
  public Figures {
    Map<String, Double> current = new LinkedHashMap<>();
    values.forEach((name, value) -> current.put(FormerMetricNames.current(name), value));
    values = Collections.unmodifiableMap(current);
    iouByClass = Collections.unmodifiableMap(new LinkedHashMap<>(iouByClass));
  }

  /**
   * What a network was measured at on all its validation data: each figure of the first that has
   * truth for it, as the score takes it.
   *
   * @param all of one network, in the order of its data. Not modified.
   * @throws IllegalArgumentException if none is of validation
   */
  public static Figures ofValidation(List<Figures> all) {
    List<Figures> validation = all.stream().filter(each -> each.use().equals(VALIDATION)).toList();
    if (validation.isEmpty()) {
      throw new IllegalArgumentException("nothing was measured on validation data");
    }
    if (validation.size() == 1) {
      return validation.get(0);
    }
    Map<String, Double> values = new LinkedHashMap<>();
    Map<String, Double> iou = new LinkedHashMap<>();
    for (Figures each : validation) {
      each.values().forEach(values::putIfAbsent);
      if (iou.isEmpty()) {
        iou.putAll(each.iouByClass());
      }
    }
    return new Figures(
        VALIDATION,
        joined(validation, Figures::data, " + "),
        validation.stream().mapToInt(Figures::frames).sum(),
        Sha256.of(joined(validation, Figures::sha256, " ").getBytes(StandardCharsets.UTF_8)),
        joined(validation, Figures::protocol, " / "),
        values,
        iou);
  }

  private static String joined(List<Figures> all, Function<Figures, String> part, String between) {
    return all.stream().map(part).distinct().collect(Collectors.joining(between));
  }

  static Figures of(String use, OpenedData data, Scores scores) {
    return new Figures(
        use,
        data.source().name(),
        data.source().size(),
        data.source().sha256(),
        scores.protocol(),
        scores.values(),
        scores.iouByClass());
  }
}
