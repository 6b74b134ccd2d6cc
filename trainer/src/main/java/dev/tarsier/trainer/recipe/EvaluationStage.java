package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.training.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The figures of a finished network: on the data that its checkpoint was chosen by, and on data
 * that nothing was chosen by.
 */
final class EvaluationStage implements Step<EvaluationStage.Measured> {
  private static final String KIND = "evaluation";

  /** Raised when the same inputs would no longer give the same figures. */
  private static final int SCHEMA = 1;

  /**
   * A network that was measured.
   *
   * @param network with its figures
   * @param of what it is
   */
  record Measured(TrainedNetwork network, TrainingResult of) {}

  /** What the stage says. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Outcome(List<Figures> figures) {}

  private record Inputs(
      int schema, String kind, ClassSet classes, ObjectNode network, List<DataUse> data) {}

  /** A score that falls by less may be chance. */
  private static final double HARMED = 0.02;

  private final String name;
  private final Recipe recipe;
  private final Step<TrainingResult> network;

  /**
   * A stage.
   *
   * @param training the network's name
   * @param recipe says which data there is besides
   * @param network what is measured
   */
  EvaluationStage(String training, Recipe recipe, Step<TrainingResult> network) {
    name = training + "-evaluation";
    this.recipe = recipe;
    this.network = network;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Step<?>> needs() {
    return List.of(network);
  }

  @Override
  public Optional<Measured> make(ChainWalk walk)
      throws IOException, InterruptedException, ExportException {
    TrainingResult of = walk.of(network);
    walk.stepsDone(of.steps());
    List<OpenedData> others = others(of.checkpoint().network(), walk);
    if (of.validation().isEmpty() && others.isEmpty()) {
      return Optional.of(new Measured(of.measured(List.of()), of));
    }
    walk.use(others, Figures.EVALUATION);
    List<DataUse> data = new ArrayList<>();
    of.validation().forEach(each -> data.add(DataUse.of(each, Figures.VALIDATION)));
    others.forEach(each -> data.add(DataUse.of(each, Figures.EVALUATION)));
    Inputs inputs = new Inputs(SCHEMA, KIND, walk.classes(), of.checkpoint().describe(), data);
    Optional<Measured> measured =
        walk.stage(
                name,
                Stage.of(KIND, inputs, Outcome.class),
                folder -> Optional.of(measure(of, others, walk)))
            .map(made -> new Measured(of.measured(made.outcome().figures()), of));
    measured.ifPresent(each -> compare(of, each.network().figures(), walk));
    return measured;
  }

  /** What comes after a training is to make it better; that it harmed must not go unseen. */
  private static void compare(TrainingResult of, List<Figures> figures, ChainWalk walk) {
    List<String> after = new ArrayList<>();
    if (of.training().preciseBatchNorm() > 0) {
      after.add("precise_batch_norm");
    }
    if (of.training().logitAdjustment() > 0) {
      after.add("logit_adjustment");
    }
    List<Figures> judged =
        figures.stream().filter(each -> each.use().equals(Figures.VALIDATION)).toList();
    if (after.isEmpty() || judged.isEmpty()) {
      return;
    }
    double was = of.outcome().bestScore();
    double is = Evaluator.verdict(judged, of.training().validation().weights()).score();
    if (is < was - HARMED) {
      walk.tell(
          String.format(
              Locale.ROOT,
              "%s has a score of %.4f after %s, its best epoch had %.4f; set %s to 0, or train longer",
              of.name(),
              is,
              String.join(" and ", after),
              was,
              String.join(" or ", after)));
    }
  }

  private List<OpenedData> others(Network network, ChainWalk walk) {
    List<OpenedData> others = new ArrayList<>();
    for (OpenedData each : walk.open(name, recipe.evaluation().data(), network)) {
      SampleSource frames = each.source();
      if (NetworkFeed.fits(network.tasks(walk.classes()), frames.size(), frames::get)) {
        others.add(each);
      } else {
        walk.tell(
            "%s: %s has no %s, which the network asks for; going on without it"
                .formatted(name, frames.name(), network.extra()));
      }
    }
    return others;
  }

  private static Outcome measure(TrainingResult of, List<OpenedData> others, ChainWalk walk)
      throws IOException {
    Preparation.of(of.validation(), walk.listener());
    Preparation.of(others, walk.listener());
    NetworkCheckpoint checkpoint = of.checkpoint();
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = checkpoint.load(base, walk.classes())) {
      Evaluator evaluator = new Evaluator(checkpoint.network(), walk.classes());
      List<Figures> figures =
          new ArrayList<>(evaluator.measure(module, base, of.validation(), Figures.VALIDATION));
      figures.addAll(evaluator.measure(module, base, others, Figures.EVALUATION));
      for (Figures each : figures) {
        if (!each.values().isEmpty()) {
          walk.listener()
              .note(
                  "%s on %s:%s".formatted(of.name(), each.data(), Progress.figures(each.values())));
        }
      }
      return new Outcome(figures);
    }
  }
}
