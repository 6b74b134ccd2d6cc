package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.StageStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The figures of a finished network: on the data that its checkpoint was chosen by, and on data
 * that nothing was chosen by.
 */
final class EvaluationStage {
  /** Raised when the same inputs would no longer give the same figures. */
  private static final int SCHEMA = 1;

  private final Checkpointed network;
  private final ClassSet classes;
  private final List<OpenedData> validation;
  private final List<OpenedData> evaluation;

  EvaluationStage(
      Checkpointed network,
      ClassSet classes,
      List<OpenedData> validation,
      List<OpenedData> evaluation) {
    this.network = network;
    this.classes = classes;
    this.validation = List.copyOf(validation);
    this.evaluation = List.copyOf(evaluation);
  }

  /** Which stage this is. */
  StageStore.Stage stage() {
    ObjectNode inputs = Canonical.object();
    inputs.put("schema", SCHEMA).put("kind", "evaluation").put("classes", classes.id());
    inputs.set("network", network.describe());
    ArrayNode data = inputs.putArray("data");
    validation.forEach(each -> TrainingStage.describe(data.addObject(), each, Figures.VALIDATION));
    evaluation.forEach(each -> TrainingStage.describe(data.addObject(), each, Figures.EVALUATION));
    return new StageStore.Stage("evaluation", inputs, Canonical.sha256(inputs));
  }

  /** Measures. */
  ObjectNode run(RecipeListener listener) throws IOException {
    Preparation.of(validation, listener);
    Preparation.of(evaluation, listener);
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = network.load(base, classes)) {
      Judge judge = new Judge(network.said(), classes);
      List<Figures> figures =
          new ArrayList<>(judge.measure(module, base, validation, Figures.VALIDATION));
      figures.addAll(judge.measure(module, base, evaluation, Figures.EVALUATION));
      ObjectNode outcome = Canonical.object();
      outcome.set("figures", Canonical.tree(figures));
      return outcome;
    }
  }

  /** The figures of a finished stage. */
  static List<Figures> figures(JsonNode outcome) {
    List<Figures> figures = new ArrayList<>();
    outcome.path("figures").forEach(each -> figures.add(Canonical.value(each, Figures.class)));
    return figures;
  }
}
