package dev.tarsier.ros.cli;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * How output is made to fit a terminal: colours where one looks, none in a file or with NO_COLOR.
 *
 * @param colors whether to colour
 * @param columns to fill at most
 */
public record Terminal(boolean colors, int columns) {
  private static final int FALLBACK_COLUMNS = 100;
  private static final int NARROWEST = 40;
  private static final Pattern COLOR = Pattern.compile("\u001b\\[[0-9;]*m");
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
    boolean output = isInteractive();
    return of(System.getenv(), output, output || isInteractive(2) ? windowColumns() : 0);
  }

  /** Whether a person sees standard output. */
  public static boolean isInteractive() {
    return isInteractive(1);
  }

  /**
   * Whether a person sees what is written to a file descriptor. Linux says so in /proc; {@code
   * System.console()} tells of the input as well, and since Java 22 tells nothing.
   */
  public static boolean isInteractive(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException e) {
      return false;
    }
  }

  /** Of the window that this process runs in, as the system knows it; 0 where it does not. */
  private static int windowColumns() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (InputStream answer = stty.getInputStream()) {
        String[] size =
            new String(answer.readAllBytes(), StandardCharsets.US_ASCII).strip().split(" ");
        return stty.waitFor() == 0 && size.length == 2 ? Integer.parseInt(size[1]) : 0;
      }
    } catch (IOException | NumberFormatException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  /**
   * What output is made to fit.
   *
   * @param interactive whether a person sees it
   * @param window columns of the real window; 0 where there is none. {@code COLUMNS} wins.
   */
  static Terminal of(Map<String, String> environment, boolean interactive, int window) {
    boolean plain =
        environment.getOrDefault("TERM", "dumb").equals("dumb")
            || !environment.getOrDefault("NO_COLOR", "").isEmpty();
    boolean forced = !environment.getOrDefault("CLICOLOR_FORCE", "").isEmpty();
    int columns = window > 0 ? window : FALLBACK_COLUMNS;
    String wanted = environment.getOrDefault("COLUMNS", "");
    if (wanted.matches("[1-9]\\d{0,3}")) {
      columns = Integer.parseInt(wanted);
    }
    return new Terminal(forced || (interactive && !plain), Math.max(NARROWEST, columns));
  }

  /** Standard output in UTF-8, whatever the locale: a robot's is often "C". */
  public static PrintWriter standardOutput() {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8),
        true);
  }

  /** Standard error in UTF-8, as {@link #standardOutput}. */
  public static PrintWriter standardError() {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(FileDescriptor.err), StandardCharsets.UTF_8),
        true);
  }

  /** A text in a colour, where there are colours. */
  public String paint(Ink ink, String text) {
    return colors ? "\u001b[" + ink.code + "m" + text + RESET : text;
  }

  /**
   * Breaks a text at spaces.
   *
   * @param text one paragraph; colours take no room
   * @param width of the longest line, characters; words that are longer stand alone
   */
  public static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.strip().split("\\s+")) {
      if (!line.isEmpty() && columnsOf(line) + 1 + columnsOf(word) > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  private static int columnsOf(CharSequence text) {
    return COLOR.matcher(text).replaceAll("").length();
  }

  /** A text with spaces behind it up to a width. */
  public static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
