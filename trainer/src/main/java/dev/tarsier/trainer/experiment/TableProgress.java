package dev.tarsier.trainer.experiment;

import dev.tarsier.ros.cli.ProgressLine;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.recipe.RecipeListener;
import dev.tarsier.trainer.training.Trainer;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Tells how an experiment goes: which of its cells is being made, how far it is, and how long it
 * and the whole table will take at the pace of this process so far. One thread.
 */
final class TableProgress implements RecipeListener {
  private static final long LINE_NANOS = 30_000_000_000L;

  private final ProgressLine bar;
  private final boolean terminal;
  private final LongSupplier clock;
  private String cell = "";
  private String taught = "";
  private int number;
  private int cells;
  private final Map<String, Long> others = new HashMap<>();
  private long stepsLater;
  private long trainedHere;
  private long trainingNanos;
  private long shownNanos;

  /**
   * @param out where lines go
   * @param terminal whether the last line may be drawn over
   * @param clock nanoseconds, from anywhere
   */
  TableProgress(PrintStream out, boolean terminal, LongSupplier clock) {
    this.bar = new ProgressLine(new PrintWriter(out, true, StandardCharsets.UTF_8), terminal);
    this.terminal = terminal;
    this.clock = clock;
  }

  /**
   * A cell begins, or one of its teachers.
   *
   * @param name of the cell, or of another row's network that it needs
   * @param taught the cell that this network is a teacher of; empty where it is the cell's own
   * @param number from 1
   * @param cells how many there are
   * @param trainings that it has, by the stage's name. Not modified.
   * @param stepsLater steps of what comes after it
   */
  void cell(
      String name,
      String taught,
      int number,
      int cells,
      Map<String, Recipe.Planned> trainings,
      long stepsLater) {
    bar.end();
    others.clear();
    trainings.forEach((stage, training) -> others.put(stage, training.steps()));
    this.cell = name;
    this.taught = taught;
    this.number = number;
    this.cells = cells;
    this.stepsLater = stepsLater;
  }

  void line(String text) {
    bar.say(text);
  }

  @Override
  public void planned(List<Planned> chain) {
    String purpose = taught.isEmpty() ? "" : ", a teacher of " + taught;
    line("[%d/%d] %s%s".formatted(number, cells, cell, purpose));
  }

  @Override
  public void began(String stage, Path folder) {
    line("  %s in %s".formatted(stage, folder));
  }

  @Override
  public void finished(String stage, Path folder, boolean found) {
    others.remove(stage);
  }

  @Override
  public void note(String message) {
    line("  " + message);
  }

  @Override
  public Trainer.Listener training(String stage, Path folder) {
    return new Trainer.Listener() {
      private long total;
      private long last;
      private double loss = Double.NaN;

      @Override
      public void started(long stepsDone, long totalSteps, int stepsPerEpoch) {
        total = totalSteps;
        bar.begin(stage, "steps", stepsDone, totalSteps);
        others.remove(stage);
        last = clock.getAsLong();
        shownNanos = last;
        if (stepsDone > 0) {
          line(
              String.format(
                  Locale.ROOT, "  %s goes on after step %,d of %,d", stage, stepsDone, totalSteps));
        }
      }

      @Override
      public void stepped(long stepsDone, double now) {
        loss = Double.isNaN(loss) ? now : loss + 0.05 * (now - loss);
        long time = clock.getAsLong();
        trainingNanos += time - last;
        last = time;
        trainedHere++;
        double perStep = trainingNanos / 1e9 / trainedHere;
        long left = total - stepsDone;
        if (terminal) {
          bar.at(
              stepsDone,
              String.format(
                  Locale.ROOT,
                  "loss %.3f, %s left of all",
                  loss,
                  duration(perStep * (left + stepsOfOthers() + stepsLater))));
        } else if (time - shownNanos >= LINE_NANOS || stepsDone == total) {
          shownNanos = time;
          line(
              String.format(
                  Locale.ROOT,
                  "  %s %s: step %,d of %,d, loss %.3f, %.2f s a step; %s left of it, %s of all",
                  cell,
                  stage,
                  stepsDone,
                  total,
                  loss,
                  perStep,
                  duration(perStep * left),
                  duration(perStep * (left + stepsOfOthers() + stepsLater))));
        }
      }

      @Override
      public void validated(int epoch, Trainer.Verdict verdict, boolean best) {
        StringBuilder text = new StringBuilder();
        text.append(
            String.format(
                Locale.ROOT,
                "  %s %s: score %.4f%s",
                cell,
                stage,
                verdict.score(),
                best ? " (best)" : ""));
        verdict
            .metrics()
            .forEach(
                (data, values) ->
                    values.forEach(
                        (figure, value) -> {
                          if (Column.isHeadline(figure)) {
                            text.append(String.format(Locale.ROOT, " %s %.3f", figure, value));
                          }
                        }));
        line(text.toString());
      }
    };
  }

  /** Steps of the cell's other trainings that were neither found nor made yet. */
  private long stepsOfOthers() {
    return others.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Hours, minutes and seconds. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    return String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }
}
