package dev.tarsier.trainer.training;

import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.objective.Auxiliary;
import dev.tarsier.trainer.objective.Losses;
import dev.tarsier.trainer.optimiser.Adam;
import dev.tarsier.trainer.optimiser.Schedule;
import java.util.List;
import java.util.Map;

/**
 * All that decides what a training run computes, apart from the network.
 *
 * @param batches what the steps see
 * @param epochs how often it goes through the frames, ≥ 1
 * @param maxSteps at most so many steps, whatever the epochs say; 0 for no such limit
 * @param losses what labels are learned by
 * @param auxiliaries what is learned from besides
 * @param teachers trained networks of one task each, by the task's id; the caller's
 * @param adam the optimiser's constants and learning rates
 * @param schedule of the learning rates
 * @param frozen prefixes of layers that do not learn
 * @param checkpointEverySteps ≥ 1; there is one after each epoch besides
 * @param validateEveryEpochs ≥ 1; the last epoch is always validated
 * @param loaderThreads threads that prepare batches, ≥ 1; they never change a value
 * @param ema the share that a moving average of the weights keeps of itself in each step, which is
 *     then validated and kept as best in place of the weights themselves; 0 for none
 */
public record TrainingPlan(
    BatchLoader.Plan batches,
    int epochs,
    long maxSteps,
    Losses losses,
    List<Auxiliary> auxiliaries,
    Map<String, GraphModule> teachers,
    Adam.Settings adam,
    Schedule schedule,
    List<String> frozen,
    int checkpointEverySteps,
    int validateEveryEpochs,
    int loaderThreads,
    double ema) {
  /** Checks the ranges. */
  public TrainingPlan {
    auxiliaries = List.copyOf(auxiliaries);
    teachers = Map.copyOf(teachers);
    frozen = List.copyOf(frozen);
    if (epochs < 1
        || maxSteps < 0
        || checkpointEverySteps < 1
        || validateEveryEpochs < 1
        || loaderThreads < 1) {
      throw new IllegalArgumentException(
          "epochs, checkpoint_every_steps, validate_every_epochs and loader_threads must be >= 1, "
              + "max_steps >= 0");
    }
  }

  /** Steps from beginning to end. */
  public long totalSteps() {
    long steps = (long) epochs * batches.stepsPerEpoch();
    return maxSteps > 0 ? Math.min(steps, maxSteps) : steps;
  }
}
