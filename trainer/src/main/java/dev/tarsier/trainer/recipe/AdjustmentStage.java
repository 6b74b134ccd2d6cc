package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.network.GraphModule;
import java.util.List;

/** A trained network with its logits adjusted; see {@link LogitAdjustment}. */
final class AdjustmentStage extends AfterTraining {
  private static final int SCHEMA = 1;

  private final double strength;

  /**
   * A stage.
   *
   * @param network what is adjusted
   * @param steps of its training
   * @param classes which there are
   * @param strength τ
   * @param data what it was trained on
   */
  AdjustmentStage(
      Checkpointed network, long steps, ClassSet classes, double strength, List<OpenedData> data) {
    super("adjustment", "adjusted.safetensors", SCHEMA, network, steps, classes, data);
    this.strength = strength;
  }

  @Override
  void describe(ObjectNode inputs) {
    inputs.put("logit_adjustment", strength);
  }

  @Override
  void apply(GraphModule module, NDManager base, Census census, RecipeListener listener) {
    if (census.labelled() == 0) {
      throw new DataException(
          "logit_adjustment needs the classes' shares of labelled pixels, but no frame of the"
              + " training data has labels; add some that have, or leave it out");
    }
    LogitAdjustment.apply(module, census.pixels(), strength);
  }
}
