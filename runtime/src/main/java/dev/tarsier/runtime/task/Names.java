package dev.tarsier.runtime.task;

/** Names that come from files and reach consoles, topics and reports. */
public final class Names {
  private static final int LONGEST = 200;

  private Names() {}

  /**
   * Checks a name.
   *
   * @param what it names, for the message
   * @param name none, blank, long and unprintable ones are refused
   * @throws IllegalArgumentException says what is wrong
   */
  public static void require(String what, String name) {
    if (name == null || name.isBlank()) {
      throw new IllegalArgumentException(what + " must be present, got none");
    }
    if (name.length() > LONGEST || !name.codePoints().allMatch(Names::isPrintable)) {
      throw new IllegalArgumentException(
          "%s must be at most %d printable characters, got \"%s\"".formatted(what, LONGEST, name));
    }
  }

  /** Whether a character shows, and does nothing else. */
  public static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
