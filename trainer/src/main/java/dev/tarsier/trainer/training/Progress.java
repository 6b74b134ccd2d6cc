package dev.tarsier.trainer.training;

import dev.tarsier.ros.cli.ProgressLine;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Shows how a training goes, and what its epochs scored. One thread. */
public final class Progress implements Trainer.Listener, AutoCloseable {
  /** Of a head's figures, which begin with the one to judge it by, so many are shown. */
  private static final int SHOWN = 2;

  /** A coverage that reads as less than all at three digits. */
  private static final double WHOLE = 0.9995;

  /** Weight of the newest loss in the running mean that is shown. */
  private static final double NEWEST = 0.05;

  private final ProgressLine line;
  private double shownLoss = Double.NaN;

  /**
   * Nothing to show yet.
   *
   * @param out where lines go
   * @param terminal whether a bar can be drawn
   */
  public Progress(PrintStream out, boolean terminal) {
    this.line = new ProgressLine(new PrintWriter(out, true, StandardCharsets.UTF_8), terminal);
  }

  /** That all threads compute as one does; with many convolutions it takes a while. */
  @Override
  public void checked(int done, int total) {
    if (done == 1) {
      line.begin("check", "convolutions", done, total);
    }
    line.at(done);
  }

  @Override
  public void started(long stepsDone, long totalSteps, int stepsPerEpoch) {
    line.say(
        String.format(
            Locale.ROOT,
            "%s %,d steps, %,d to an epoch",
            stepsDone == 0 ? "Training" : "Continuing after step " + stepsDone + " of",
            totalSteps,
            stepsPerEpoch));
    line.begin("train", "steps", stepsDone, totalSteps);
  }

  @Override
  public void stepped(long stepsDone, double loss) {
    shownLoss = Double.isNaN(shownLoss) ? loss : shownLoss + NEWEST * (loss - shownLoss);
    line.at(stepsDone, String.format(Locale.ROOT, "loss %.4f", shownLoss));
  }

  @Override
  public void validated(int epoch, Trainer.Verdict verdict, boolean best) {
    StringBuilder text = new StringBuilder();
    verdict
        .metrics()
        .forEach(
            (data, values) -> {
              if (!values.isEmpty()) {
                text.append("  ").append(data).append(':').append(figures(values));
              }
            });
    line.say(
        String.format(
            Locale.ROOT,
            "epoch %d: score %.4f%s%s",
            epoch,
            verdict.score(),
            best ? " (best)" : "",
            text));
  }

  /**
   * The first two figures of each task, for a console, and its coverage where it says nothing of
   * some pixels; each begins with a space.
   */
  public static String figures(Map<String, Double> values) {
    StringBuilder text = new StringBuilder();
    Map<String, Integer> shown = new HashMap<>();
    values.forEach(
        (name, value) -> {
          boolean gaps = name.endsWith(".coverage") && value < WHOLE;
          if (shown.merge(name.replaceFirst("\\..*", ""), 1, Integer::sum) <= SHOWN || gaps) {
            text.append(String.format(Locale.ROOT, " %s %.3f", name, value));
          }
        });
    return text.toString();
  }

  /** Ends the bar. */
  @Override
  public void close() {
    line.close();
  }
}
