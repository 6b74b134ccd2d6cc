package dev.tarsier.trainer.recipe;

import dev.tarsier.ros.cli.ProgressLine;
import dev.tarsier.trainer.training.Progress;
import dev.tarsier.trainer.training.Trainer;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Tells people how a run goes. Stages are told of as they come; trainings and work on many frames
 * have a bar.
 */
final class PrintedRun implements RecipeListener, AutoCloseable {
  private final PrintStream out;
  private final boolean terminal;
  private Progress progress;
  private final ProgressLine line;

  private final Set<String> said = new HashSet<>();

  /** What the bar shows; empty where there is none. */
  private String working = "";

  PrintedRun(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
    this.line = new ProgressLine(new PrintWriter(out, true, StandardCharsets.UTF_8), terminal);
  }

  @Override
  public void planned(List<Planned> chain) {
    int width = chain.stream().mapToInt(each -> each.name().length()).max().orElse(1);
    for (Planned each : chain) {
      out.printf(
          Locale.ROOT,
          "  %-" + width + "s  %s%n",
          each.name(),
          switch (each.state()) {
            case FINISHED -> "is there: " + each.folder();
            case BEGUN -> "goes on: " + each.folder();
            case NEW -> "to be made";
            case LATER -> "to be made, of what comes before";
          });
    }
  }

  @Override
  public void began(String stage, Path folder) {
    endBar();
    out.printf("%s in %s%n", stage, folder);
  }

  @Override
  public void finished(String stage, Path folder, boolean found) {
    endBar();
    if (!found) {
      out.printf("%s is done%n", stage);
    }
  }

  @Override
  public void note(String message) {
    if (said.add(message)) { // a teacher's and a student's data are often the same
      line.say(message);
    }
  }

  @Override
  public void worked(String stage, long done, long total) {
    if (!working.equals(stage)) {
      working = stage;
      line.begin(stage, "frames", 0, total);
    }
    line.at(done);
  }

  @Override
  public Trainer.Listener training(String stage, Path folder) {
    endBar();
    progress = new Progress(out, terminal);
    return progress;
  }

  private void endBar() {
    line.end();
    working = "";
    if (progress != null) {
      progress.close();
      progress = null;
    }
  }

  @Override
  public void close() {
    endBar();
  }
}
