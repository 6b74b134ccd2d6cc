package dev.tarsier.ros.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * How far a command is, in the one form that all commands have: what, how many of how many, and the
 * time left. On a terminal a bar that is drawn over itself; in a file or a pipe a line every half
 * minute. One thread.
 */
public final class ProgressLine implements AutoCloseable {
  private static final int LONGEST_BAR = 30;
  private static final int SHORTEST_BAR = 8;
  private static final long REDRAW_NANOS = 100_000_000L;
  private static final long LINE_NANOS = 30_000_000_000L;

  private final PrintWriter screen;
  private final boolean terminal;
  private final IntSupplier width;
  private final LongSupplier clock;

  private String what;
  private String unit;
  private long first;
  private long done;
  private long total;
  private String more = "";
  private int columns;
  private long beganNanos;
  private long shownNanos;
  private boolean drawn;

  /**
   * Nothing to show yet.
   *
   * @param screen where lines go
   * @param terminal whether it can draw over its last line
   */
  public ProgressLine(PrintWriter screen, boolean terminal) {
    this(screen, terminal, () -> Terminal.ofThisProcess().columns(), System::nanoTime);
  }

  ProgressLine(PrintWriter screen, boolean terminal, IntSupplier width, LongSupplier clock) {
    this.screen = screen;
    this.terminal = terminal;
    this.width = width;
    this.clock = clock;
  }

  /** On standard error, beside results that may be piped. */
  public static ProgressLine onStandardError() {
    return new ProgressLine(Terminal.standardError(), Terminal.isInteractive(2));
  }

  /**
   * Something begins; what was shown before ends.
   *
   * @param what in a word
   * @param unit of the counts, such as {@code frames}
   * @param done how many there are already, from before
   * @param total how many there will be
   */
  public void begin(String what, String unit, long done, long total) {
    end();
    this.what = what;
    this.unit = unit;
    this.first = done;
    this.done = done;
    this.total = total;
    this.more = "";
    this.columns = terminal ? width.getAsInt() : 0;
    this.beganNanos = clock.getAsLong();
    this.shownNanos = terminal ? beganNanos - REDRAW_NANOS : beganNanos;
  }

  /** So many are done. */
  public void at(long now) {
    at(now, more);
  }

  /**
   * So many are done.
   *
   * @param now how many
   * @param further what else there is to say, in a few words; may be empty
   */
  public void at(long now, String further) {
    if (what == null) {
      return;
    }
    done = now;
    more = further;
    long nanos = clock.getAsLong();
    if (nanos - shownNanos < (terminal ? REDRAW_NANOS : LINE_NANOS)) {
      return;
    }
    shownNanos = nanos;
    if (terminal) {
      draw(nanos);
    } else {
      screen.println("  " + what + "  " + figures(nanos));
      screen.flush();
    }
  }

  /** Says something that stays, above the bar. */
  public void say(String line) {
    erase();
    screen.println(line);
    screen.flush();
    shownNanos = terminal ? clock.getAsLong() - REDRAW_NANOS : shownNanos;
  }

  /** Ends what was begun, and leaves one line that says how much it was and how long it took. */
  public void finish() {
    if (what != null) {
      double seconds = (clock.getAsLong() - beganNanos) / 1e9;
      String line =
          String.format(
              Locale.ROOT, "  %-10s %,d %s in %.1f s", what, Math.max(done, 0), unit, seconds);
      end();
      screen.println(line);
      screen.flush();
    }
  }

  /** Ends what was begun; nothing of it stays on a terminal. */
  public void end() {
    erase();
    what = null;
  }

  @Override
  public void close() {
    end();
  }

  private void erase() {
    if (drawn) {
      screen.print("\r\u001b[K");
      screen.flush();
      drawn = false;
    }
  }

  private void draw(long nanos) {
    String head = String.format("  %-10s ", what);
    String figures = figures(nanos);
    int room = columns - 2 - head.length() - figures.length();
    StringBuilder line = new StringBuilder(head);
    int bar = Math.min(LONGEST_BAR, room);
    if (bar >= SHORTEST_BAR && total > 0) {
      int filled = (int) Math.max(0, Math.min(bar, bar * done / total));
      line.append("━".repeat(filled)).append("┈".repeat(bar - filled)).append(' ');
    }
    line.append(figures);
    // A line that wraps cannot be drawn over.
    line.setLength(Math.min(line.length(), Math.max(1, columns - 1)));
    screen.print("\r\u001b[K" + line);
    screen.flush();
    drawn = true;
  }

  private String figures(long nanos) {
    StringBuilder text = new StringBuilder();
    if (total > 0) {
      text.append(String.format(Locale.ROOT, "%,d of %,d %s", done, total, unit));
    } else {
      text.append(String.format(Locale.ROOT, "%,d %s", done, unit));
    }
    if (!more.isEmpty()) {
      text.append(", ").append(more);
    }
    if (done > first && total > 0) {
      double each = (nanos - beganNanos) / 1e9 / (done - first);
      text.append(", ").append(duration(each * Math.max(0, total - done))).append(" left");
    }
    return text.toString();
  }

  /** Minutes and seconds, with hours before where there are any. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 3600
        ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }
}
