package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.training.PreciseBatchNorm;
import java.util.List;

/** A trained network with its statistics measured anew; see {@link PreciseBatchNorm}. */
final class PreciseBatchNormStage extends AfterTraining {
  private static final int SCHEMA = 1;

  private final String name;
  private final Recipe.Training training;

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
    super("precise-batch-norm", "precise.safetensors", SCHEMA, network, steps, classes, data);
    this.name = name;
    this.training = training;
  }

  @Override
  void describe(ObjectNode inputs) {
    inputs.put("seed", network().seed()).put("batches", training.preciseBatchNorm());
    inputs.put("batch", training.batch());
    inputs.put("crop_height", training.cropHeight()).put("crop_width", training.cropWidth());
    inputs.set("augmentation", Canonical.tree(training.augmentation()));
  }

  @Override
  void apply(GraphModule module, NDManager base, Census census, RecipeListener listener)
      throws InterruptedException {
    long frames = (long) training.preciseBatchNorm() * training.batch();
    PreciseBatchNorm.apply(
        module,
        base,
        TrainingStage.batches(
            training, classes(), module.graph(), network().seed(), data(), census),
        network().said().frozen(),
        training.preciseBatchNorm(),
        training.loaderThreads(),
        done -> listener.worked(name, done * training.batch(), frames));
  }
}
