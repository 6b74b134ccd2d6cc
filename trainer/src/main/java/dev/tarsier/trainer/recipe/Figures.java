package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.evaluation.Scores;
import dev.tarsier.trainer.task.FormerMetricNames;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

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
