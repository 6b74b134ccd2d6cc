package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.dataset.Augmentation;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.training.PreciseBatchNorm;

/** A trained network with its statistics measured anew; see {@link PreciseBatchNorm}. */
final class PreciseBatchNormStage extends AfterTraining {
  private static final int SCHEMA = 1;

  private record Settings(
      long seed,
      int batches,
      int batch,
      int cropHeight,
      int cropWidth,
      Augmentation augmentation) {}

  /**
   * A stage.
   *
   * @param training its name
   * @param network whose statistics are measured; its last training says how frames are varied, and
   *     how many batches there are
   */
  PreciseBatchNormStage(String training, Step<TrainingResult> network) {
    super(
        training + "-precise-batch-norm",
        "precise-batch-norm",
        "precise.safetensors",
        SCHEMA,
        network);
  }

  @Override
  Object settings(TrainingResult of) {
    Training training = of.training();
    return new Settings(
        of.checkpoint().seed(),
        training.preciseBatchNorm(),
        training.batch(),
        training.cropHeight(),
        training.cropWidth(),
        training.augmentation());
  }

  @Override
  void apply(GraphModule module, NDManager base, TrainingResult of, ChainWalk walk)
      throws InterruptedException {
    Training training = of.training();
    long frames = (long) training.preciseBatchNorm() * training.batch();
    PreciseBatchNorm.apply(
        module,
        base,
        TrainingBatches.of(
            training,
            walk.classes(),
            module.graph(),
            of.checkpoint().seed(),
            of.data(),
            walk.statistics(of.data())),
        of.checkpoint().network().frozen(),
        training.preciseBatchNorm(),
        training.loaderThreads(),
        done -> walk.listener().worked(name(), done * training.batch(), frames));
  }
}
