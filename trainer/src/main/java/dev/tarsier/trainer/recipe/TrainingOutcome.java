package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * What came of a training.
 *
 * @param checkpoint the best checkpoint's file name in the stage's folder
 * @param checkpointSha256 of that file
 * @param chosenBy how it was chosen
 * @param bestEpoch counted from 1
 * @param bestScore of that epoch
 * @param steps with those of what it went on from, as that was then
 * @param ownSteps without those; null in older records
 * @param pretrainedEncoder whether the encoder began with weights learned elsewhere
 * @param absentClasses names of classes that no pixel of the training data has
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
record TrainingOutcome(
    String checkpoint,
    String checkpointSha256,
    String chosenBy,
    int bestEpoch,
    double bestScore,
    long steps,
    Long ownSteps,
    boolean pretrainedEncoder,
    List<String> absentClasses) {
  static final String CHOSEN_BY = "validation score";

  NetworkCheckpoint.Outcome network() {
    return new NetworkCheckpoint.Outcome(checkpoint, checkpointSha256);
  }

  /**
   * Steps with those before it. What it went on from may have had others since: if its best
   * checkpoint is the same, so is this training.
   *
   * @param before steps of what it went on from, as it is now
   */
  long steps(long before) {
    return ownSteps == null ? steps : before + ownSteps;
  }
}
