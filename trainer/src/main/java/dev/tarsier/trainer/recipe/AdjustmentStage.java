package dev.tarsier.trainer.recipe;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.training.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A trained network with its logits adjusted; see {@link LogitAdjustment}. */
final class AdjustmentStage implements AfterTraining {
  /** Raised when the same inputs would no longer give the same network. */
  private static final int SCHEMA = 1;

  private static final String FILE = "adjusted.safetensors";

  private final Checkpointed network;
  private final long steps;
  private final ClassSet classes;
  private final double strength;
  private final List<OpenedData> data;

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
    this.network = network;
    this.steps = steps;
    this.classes = classes;
    this.strength = strength;
    this.data = List.copyOf(data);
  }

  @Override
  public StageStore.Stage stage() {
    ObjectNode inputs = Canonical.object();
    inputs.put("schema", SCHEMA).put("kind", "adjustment").put("classes", classes.id());
    inputs.set("network", network.describe());
    inputs.put("logit_adjustment", strength);
    ArrayNode trained = inputs.putArray("data");
    data.forEach(each -> TrainingStage.describe(trained.addObject(), each, "training"));
    return new StageStore.Stage("adjustment", inputs, Canonical.sha256(inputs));
  }

  @Override
  public ObjectNode run(Path folder, RecipeListener listener) throws IOException {
    Preparation.of(data, listener);
    Census census = Census.of(data, classes);
    if (census.labelled() == 0) {
      throw new DataException(
          "logit_adjustment needs the classes' shares of labelled pixels, but no frame of the"
              + " training data has labels; add some that have, or leave it out");
    }
    Path file = folder.resolve(FILE);
    try (NDManager base = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        GraphModule module = network.load(base, classes)) {
      LogitAdjustment.apply(module, census.pixels(), strength);
      Checkpoint.writeModel(file, module, steps);
    }
    ObjectNode outcome = Canonical.object();
    Checkpointed.tell(outcome, file);
    return outcome;
  }
}
