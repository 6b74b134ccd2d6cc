package dev.tarsier.trainer.recipe;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.training.Checkpoint;
import dev.tarsier.trainer.training.PreciseBatchNorm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A trained network with its statistics measured anew; see {@link PreciseBatchNorm}. */
final class PreciseBatchNormStage implements AfterTraining {
  /** Raised when the same inputs would no longer give the same network. */
  private static final int SCHEMA = 1;

  private static final String FILE = "precise.safetensors";

  private final String name;
  private final Checkpointed network;
  private final long steps;
  private final ClassSet classes;
  private final Recipe.Training training;
  private final List<OpenedData> data;

  /**
   * A stage.
   *
   * @param name of it
   * @param network whose statistics are measured
   * @param steps of its training
   * @param classes which there are
   * @param training its last one, which says how frames are varied, and how many batches there are
   * @param data what it was trained on
   */
  PreciseBatchNormStage(
      String name,
      Checkpointed network,
      long steps,
      ClassSet classes,
      Recipe.Training training,
      List<OpenedData> data) {
    this.name = name;
    this.network = network;
    this.steps = steps;
    this.classes = classes;
    this.training = training;
    this.data = List.copyOf(data);
  }

  @Override
  public StageStore.Stage stage() {
    ObjectNode inputs = Canonical.object();
    inputs.put("schema", SCHEMA).put("kind", "precise-batch-norm").put("classes", classes.id());
    inputs.set("network", network.describe());
    inputs.put("seed", network.seed()).put("batches", training.preciseBatchNorm());
    inputs.put("batch", training.batch());
    inputs.put("crop_height", training.cropHeight()).put("crop_width", training.cropWidth());
    inputs.set("augmentation", Canonical.tree(training.augmentation()));
    ArrayNode trained = inputs.putArray("data");
    data.forEach(each -> TrainingStage.describe(trained.addObject(), each, "training"));
    return new StageStore.Stage("precise-batch-norm", inputs, Canonical.sha256(inputs));
  }

  @Override
  public ObjectNode run(Path folder, RecipeListener listener)
      throws IOException, InterruptedException {
    Preparation.of(data, listener);
    Path file = folder.resolve(FILE);
    int batches = training.preciseBatchNorm();
    try (NDManager base = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        GraphModule module = network.load(base, classes)) {
      PreciseBatchNorm.apply(
          module,
          base,
          TrainingStage.batches(
              training, classes, module.graph(), network.seed(), data, Census.of(data, classes)),
          network.said().frozen(),
          batches,
          training.loaderThreads(),
          done ->
              listener.worked(name, done * training.batch(), (long) batches * training.batch()));
      Checkpoint.writeModel(file, module, steps);
    }
    ObjectNode outcome = Canonical.object();
    Checkpointed.tell(outcome, file);
    return outcome;
  }
}
