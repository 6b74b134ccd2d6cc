package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.network.GraphModule;

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
    if (statistics.labelled() == 0) {
      throw new DataException(
          "logit_adjustment needs the classes' shares of labelled pixels, but no frame of the"
              + " training data has labels; add some that have, or leave it out");
    }
    LogitAdjustment.apply(module, statistics.pixels(), of.training().logitAdjustment());
  }
}
