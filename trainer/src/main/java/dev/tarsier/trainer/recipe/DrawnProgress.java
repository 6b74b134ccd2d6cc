package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.training.Curves;
import dev.tarsier.trainer.training.Progress;
import dev.tarsier.trainer.training.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of a run's progress and draws its curves anew after each validation. */
final class DrawnProgress implements Trainer.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(DrawnProgress.class);

  private final Progress progress;
  private final Path training;
  private final String title;

  DrawnProgress(Progress progress, Path training, String title) {
    this.progress = progress;
    this.training = training;
    this.title = title;
  }

  @Override
  public void started(long stepsDone, long totalSteps, int stepsPerEpoch) {
    progress.started(stepsDone, totalSteps, stepsPerEpoch);
  }

  @Override
  public void stepped(long stepsDone, double loss, double classesLoss, double depthLoss) {
    progress.stepped(stepsDone, loss, classesLoss, depthLoss);
  }

  @Override
  public void validated(int epoch, Trainer.Verdict verdict, boolean best) {
    progress.validated(epoch, verdict, best);
    try {
      Curves.draw(training, title);
    } catch (IOException | IllegalStateException e) {
      // Hours of training are worth more than a picture of them. While the process is ending, the
      // drawing library cannot start.
      LOG.warn("the curves in {} could not be drawn: {}", training, e.toString());
    }
  }
}
