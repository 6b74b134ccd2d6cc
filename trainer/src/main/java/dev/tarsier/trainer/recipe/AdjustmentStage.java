package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.task.Task;

/** A trained network with its logits adjusted; see {@link LogitAdjustment}. */
final class AdjustmentStage extends AfterTraining {
  private static final int SCHEMA = 1;

  private record Settings(double logitAdjustment) {}

  /**
   * A stage.
   *
   * @param training its name
   * @param network what is adjusted
   */
  AdjustmentStage(String training, Step<TrainingResult> network) {
    super(training + "-adjusted", "adjustment", "adjusted.safetensors", SCHEMA, network);
  }

  @Override
  Object settings(TrainingResult of) {
    return new Settings(of.training().logitAdjustment());
  }

  @Override
  void apply(GraphModule module, NDManager base, TrainingResult of, ChainWalk walk) {
    DataStatistics statistics = walk.statistics(of.data());
    for (Task task : of.training().network().tasks(walk.classes()).outputs()) {
      if (task.head().kind() instanceof ClassMap) {
        DataStatistics.Known known = statistics.known(task);
        if (known.frames() == 0) {
          throw new DataException(
              "logit_adjustment needs the classes' shares of labelled pixels, but no frame of the"
                  + " training data has %s; add some that have, or leave it out"
                      .formatted(task.truth()));
        }
        LogitAdjustment.apply(module, task, known.pixels(), of.training().logitAdjustment());
      }
    }
  }
}
