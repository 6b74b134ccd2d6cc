package dev.tarsier.trainer.training;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how a run goes: a bar with the time left on a terminal, a line now and then elsewhere. One
 * thread.
 */
public final class Progress implements Trainer.Listener, AutoCloseable {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(30);

  /** A check that takes longer is told of. */
  private static final Duration SHORT = Duration.ofSeconds(2);

  /** Weight of the newest loss in the running mean that is shown. */
  private static final double NEWEST = 0.05;

  private final PrintStream out;
  private final boolean terminal;
  private ProgressBar bar;
  private long firstStep;
  private long total;
  private long begunNanos;
  private long lastLineNanos;
  private double shownLoss = Double.NaN;
  private long checkNanos;

  /**
   * Nothing to show yet.
   *
   * @param out where lines go
   * @param terminal whether a bar can be drawn
   */
  public Progress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  @Override
  public void checked(int done, int total) {
    long now = System.nanoTime();
    if (done == 1) {
      checkNanos = now;
      lastLineNanos = now - BETWEEN_LINES.toNanos();
    }
    if (now - checkNanos >= SHORT.toNanos() && now - lastLineNanos >= BETWEEN_LINES.toNanos()) {
      lastLineNanos = now;
      out.printf(
          "Checking that all threads compute as one does: %d of %d convolutions%n", done, total);
    }
  }

  @Override
  public void started(long stepsDone, long totalSteps, int stepsPerEpoch) {
    out.printf(
        Locale.ROOT,
        "%s %,d steps, %,d to an epoch%n",
        stepsDone == 0 ? "Training" : "Continuing after step " + stepsDone + " of",
        totalSteps,
        stepsPerEpoch);
    firstStep = stepsDone;
    total = totalSteps;
    begunNanos = System.nanoTime();
    lastLineNanos = begunNanos;
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("train")
              .setInitialMax(totalSteps)
              .startsFrom(stepsDone, Duration.ZERO)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(500)
              .build();
    }
  }

  @Override
  public void stepped(long stepsDone, double loss, double classesLoss, double depthLoss) {
    shownLoss = Double.isNaN(shownLoss) ? loss : shownLoss + NEWEST * (loss - shownLoss);
    String text = String.format(Locale.ROOT, "loss %.4f", shownLoss);
    if (bar != null) {
      bar.setExtraMessage(text);
      bar.stepTo(stepsDone);
      return;
    }
    long now = System.nanoTime();
    if (now - lastLineNanos >= BETWEEN_LINES.toNanos()) {
      lastLineNanos = now;
      double perStep = (now - begunNanos) / 1e9 / (stepsDone - firstStep);
      out.printf(
          Locale.ROOT,
          "step %,d of %,d, %s, %.2f s a step, %s left%n",
          stepsDone,
          total,
          text,
          perStep,
          clock((long) (perStep * (total - stepsDone))));
    }
  }

  @Override
  public void validated(int epoch, Trainer.Verdict verdict, boolean best) {
    StringBuilder text = new StringBuilder();
    verdict
        .metrics()
        .forEach(
            (data, values) -> {
              text.append("  ").append(data).append(':');
              values.forEach(
                  (name, value) -> {
                    if (SHOWN.contains(name)) {
                      text.append(String.format(Locale.ROOT, " %s %.3f", name, value));
                    }
                  });
            });
    out.printf(
        Locale.ROOT,
        "%sepoch %d: score %.4f%s%s%n",
        bar == null ? "" : System.lineSeparator(),
        epoch,
        verdict.score(),
        best ? " (best)" : "",
        text);
  }

  private static final Set<String> SHOWN =
      Set.of("miou", "pixel_accuracy", "depth_rmse", "depth_rel");

  private static String clock(long seconds) {
    return String.format(
        Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }

  /** Ends the bar. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
