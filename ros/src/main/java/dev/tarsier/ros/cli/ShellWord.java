package dev.tarsier.ros.cli;

/** Words of a command that a user copies from a message into a shell. */
public final class ShellWord {
  private ShellWord() {}

  /** The text as one word; in quotes where it needs them. */
  public static String of(Object text) {
    String word = String.valueOf(text);
    return word.matches("[\\p{L}\\p{N}_./:@%+=,-]+")
        ? word
        : "'" + word.replace("'", "'\\''") + "'";
  }
}
