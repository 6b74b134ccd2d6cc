package dev.tarsier.runtime.logging;

/**
 * Text from elsewhere, as it may be shown: on one line, without anything that a terminal obeys or
 * that makes text look like other text. Escape sequences, line breaks, other control characters and
 * marks of writing direction are written out, such as {@code \x1b} or {@code \u202e}; letters of
 * all scripts stay.
 */
public final class VisibleText {
  /** Characters of one message at most; more is cut, and said. */
  public static final int LONGEST = 2000;

  private VisibleText() {}

  /** A text made visible, of at most {@link #LONGEST} characters. */
  public static String of(String text) {
    return of(text, LONGEST);
  }

  /**
   * A text made visible.
   *
   * @param text null is shown as {@code null}
   * @param longest characters that are kept
   */
  public static String of(String text, int longest) {
    if (text == null) {
      return "null";
    }
    int end = Math.min(text.length(), longest);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    int at = 0;
    while (at < end) {
      int point = text.codePointAt(at);
      if (isHidden(point)) {
        break;
      }
      at += Character.charCount(point);
    }
    if (at == text.length()) {
      return text; // nearly always
    }
    StringBuilder shown = new StringBuilder(end + 40).append(text, 0, at);
    while (at < end) {
      int point = text.codePointAt(at);
      append(shown, point);
      at += Character.charCount(point);
    }
    if (end < text.length()) {
      shown.append(" … (").append(text.length() - end).append(" characters more)");
    }
    return shown.toString();
  }

  private static void append(StringBuilder shown, int point) {
    if (!isHidden(point)) {
      shown.appendCodePoint(point);
      return;
    }
    switch (point) {
      case '\n' -> shown.append("\\n");
      case '\r' -> shown.append("\\r");
      case '\t' -> shown.append("\\t");
      default -> {
        if (point < 0x100) {
          shown.append("\\x").append(hex(point, 2));
        } else if (point < 0x10000) {
          shown.append("\\u").append(hex(point, 4));
        } else {
          shown.append("\\u{").append(hex(point, 5)).append('}');
        }
      }
    }
  }

  /** Of control, format (directions, joiners, tags), line and paragraph, half pairs, unassigned. */
  private static boolean isHidden(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  private static String hex(int point, int digits) {
    String hex = Integer.toHexString(point);
    return "0".repeat(Math.max(0, digits - hex.length())) + hex;
  }
}
