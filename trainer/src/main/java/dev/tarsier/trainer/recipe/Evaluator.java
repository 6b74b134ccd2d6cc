package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.evaluation.Evaluation;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.training.Trainer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Measures networks on data sets, and says which checkpoint is better. */
final class Evaluator {
  private final Network network;
  private final ClassSet classes;

  Evaluator(Network network, ClassSet classes) {
    this.network = network;
    this.classes = classes;
  }

  /** The figures of a network as it stands, a data set after the other. */
  List<Figures> measure(GraphModule module, NDManager base, List<OpenedData> data, String use) {
    List<Figures> figures = new ArrayList<>();
    for (OpenedData each : data) {
      figures.add(
          Figures.of(
              use,
              each,
              Evaluation.of(
                  module,
                  network.tasks(classes),
                  base,
                  each.source(),
                  network.height(),
                  network.width(),
                  each.protocol())));
    }
    return figures;
  }

  /**
   * What a training needs to know: all figures, and the score, each figure of the first data set
   * that has it.
   */
  static Trainer.Verdict verdict(List<Figures> figures, Map<String, Double> weights) {
    Map<String, Map<String, Double>> metrics = new LinkedHashMap<>();
    for (Figures each : figures) {
      String name = each.data();
      for (int number = 2; metrics.containsKey(name); number++) {
        name = "%s (%d)".formatted(each.data(), number);
      }
      metrics.put(name, each.values());
    }
    return new Trainer.Verdict(score(figures, weights), metrics);
  }

  private static double score(List<Figures> all, Map<String, Double> weights) {
    double sum = 0;
    boolean any = false;
    for (Map.Entry<String, Double> weight : weights.entrySet()) {
      Optional<Figures> first =
          all.stream().filter(each -> each.values().containsKey(weight.getKey())).findFirst();
      if (first.isPresent() && weight.getValue() != 0) {
        Figures figures = first.get();
        double value = figures.values().get(weight.getKey());
        if (!Double.isFinite(value)) {
          throw new DataException(
              "%s on %s is %s: it has no truth to score; give validation.score {%s: 0}, or other"
                      .formatted(weight.getKey(), figures.data(), value, weight.getKey())
                  + " validation data");
        }
        sum += weight.getValue() * value;
        any = true;
      }
    }
    if (!any) {
      throw new DataException(
          "none of the figures %s of validation.score was measured; there are %s"
              .formatted(
                  weights.keySet(),
                  all.stream()
                      .flatMap(each -> each.values().keySet().stream())
                      .distinct()
                      .toList()));
    }
    return sum;
  }
}
