package dev.tarsier.trainer.recipe;

import java.nio.file.Path;
import java.util.List;

/**
 * A trained network, as the stages after its training find it.
 *
 * @param name of its training's stage, such as {@code student}
 * @param training what the recipe says of it
 * @param checkpoint its weights: the training's best, or what a later stage made of them
 * @param folder its training's
 * @param outcome of its training
 * @param seconds that it took, with what it went on from
 * @param steps of it, with those of what it went on from
 * @param data it was trained on
 * @param validation it was judged by
 */
record TrainingResult(
    String name,
    Training training,
    NetworkCheckpoint checkpoint,
    Path folder,
    TrainingOutcome outcome,
    long seconds,
    long steps,
    List<OpenedData> data,
    List<OpenedData> validation) {
  /** The same with other weights. */
  TrainingResult with(NetworkCheckpoint other) {
    return new TrainingResult(
        name, training, other, folder, outcome, seconds, steps, data, validation);
  }

  /** What it is known as once it is measured. */
  TrainedNetwork measured(List<Figures> figures) {
    return new TrainedNetwork(
        name,
        checkpoint.seed(),
        checkpoint.network(),
        folder,
        checkpoint.file(),
        checkpoint.sha256(),
        steps,
        outcome.bestEpoch(),
        outcome.bestScore(),
        seconds,
        outcome.pretrainedEncoder(),
        figures);
  }
}
