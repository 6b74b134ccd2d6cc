package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.trainer.training.Curves;
import dev.tarsier.trainer.training.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes on how a training goes, and draws its page anew after each validation. */
final class DrawnCurves implements Trainer.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(DrawnCurves.class);

  private final Trainer.Listener next;
  private final Path training;
  private final String title;
  private final List<Metric> metrics;
  private final EpochPictures pictures;

  DrawnCurves(
      Trainer.Listener next,
      Path training,
      String title,
      List<Metric> metrics,
      EpochPictures pictures) {
    this.next = next;
    this.training = training;
    this.title = title;
    this.metrics = metrics;
    this.pictures = pictures;
  }

  @Override
  public void checked(int done, int total) {
    next.checked(done, total);
  }

  @Override
  public void started(long stepsDone, long totalSteps, int stepsPerEpoch) {
    next.started(stepsDone, totalSteps, stepsPerEpoch);
  }

  @Override
  public void stepped(long stepsDone, double loss) {
    next.stepped(stepsDone, loss);
  }

  @Override
  public void validated(int epoch, Trainer.Verdict verdict, boolean best) {
    next.validated(epoch, verdict, best);
    try {
      pictures.keep(epoch);
      Curves.draw(training, title, metrics);
    } catch (IOException | RuntimeException e) {
      // Hours of training are worth more than a picture of them. While the process is ending, the
      // drawing library cannot start.
      LOG.warn("the curves in {} could not be drawn: {}", training, e.toString());
    }
  }
}
