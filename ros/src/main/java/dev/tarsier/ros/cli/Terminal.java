package dev.tarsier.ros.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How output is made to fit a terminal: colours where one looks, none in a file or with NO_COLOR.
 *
 * @param colors whether to colour
 * @param columns to fill at most
 */
public record Terminal(boolean colors, int columns) {
  private static final int FALLBACK_COLUMNS = 100;
  private static final String RESET = "\u001b[0m";

  /** Colours by meaning. */
  public enum Ink {
    /** Fine. */
    GOOD("32"),
    /** Worth a look. */
    FAIR("33"),
    /** Wrong. */
    BAD("31"),
    /** A heading. */
    BOLD("1"),
    /** Of less weight. */
    DIM("2");

    private final String code;

    Ink(String code) {
      this.code = code;
    }
  }

  /** The terminal of this process. */
  public static Terminal ofThisProcess() {
    return of(System.getenv(), isInteractive());
  }

  /**
   * Whether a person sees standard output. Linux says so in /proc; {@code System.console()} tells
   * of the input as well, and since Java 22 tells nothing.
   */
  public static boolean isInteractive() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  static Terminal of(Map<String, String> environment, boolean interactive) {
    boolean plain =
        environment.getOrDefault("TERM", "dumb").equals("dumb")
            || !environment.getOrDefault("NO_COLOR", "").isEmpty();
    boolean forced = !environment.getOrDefault("CLICOLOR_FORCE", "").isEmpty();
    int columns = FALLBACK_COLUMNS;
    String wanted = environment.getOrDefault("COLUMNS", "");
    if (wanted.matches("\\d{2,4}")) {
      columns = Math.max(40, Math.min(FALLBACK_COLUMNS, Integer.parseInt(wanted)));
    }
    return new Terminal(forced || (interactive && !plain), columns);
  }

  /** Standard output in UTF-8, whatever the locale: a robot's is often "C". */
  public static PrintWriter standardOutput() {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8),
        true);
  }

  /** A text in a colour, where there are colours. */
  public String paint(Ink ink, String text) {
    return colors ? "\u001b[" + ink.code + "m" + text + RESET : text;
  }

  /**
   * Breaks a text at spaces.
   *
   * @param text one paragraph without colours
   * @param width of the longest line, characters; words that are longer stand alone
   */
  public static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.strip().split("\\s+")) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  /** A text with spaces behind it up to a width. */
  public static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
