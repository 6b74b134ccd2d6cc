package dev.tarsier.trainer.cli;

import dev.tarsier.trainer.demo.DemoProgress;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * Progress of the demo: a bar that is drawn over itself where a person looks, a line for each
 * finished step elsewhere. One thread.
 */
final class StepLine implements AutoCloseable {
  private static final int BAR = 40;
  private static final long REDRAW_NANOS = 100_000_000L;

  private final PrintWriter screen;
  private final boolean redraws;
  private DemoProgress.Step step;
  private long total;
  private long began;
  private long drawn;

  StepLine(PrintWriter screen, boolean redraws) {
    this.screen = screen;
    this.redraws = redraws;
  }

  void at(DemoProgress.Step now, long done, long of) {
    long nanos = System.nanoTime();
    if (now != step) {
      end();
      step = now;
      began = nanos;
    }
    total = of;
    if (redraws && (nanos - drawn > REDRAW_NANOS || done == of)) {
      int filled = (int) (BAR * done / Math.max(1, of));
      screen.printf(
          "\r  %-10s %s%s %d of %d frames ",
          step.label(), "━".repeat(filled), "┈".repeat(BAR - filled), done, of);
      screen.flush();
      drawn = nanos;
    }
  }

  private void end() {
    if (step == null) {
      return;
    }
    if (redraws) {
      screen.print("\r\u001b[K");
    }
    screen.printf(
        Locale.ROOT,
        "  %-10s %d frames in %.1f s%n",
        step.label(),
        total,
        (System.nanoTime() - began) / 1e9);
    screen.flush();
  }

  @Override
  public void close() {
    end();
    step = null;
  }
}
