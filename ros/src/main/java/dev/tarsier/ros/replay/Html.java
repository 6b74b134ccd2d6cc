package dev.tarsier.ros.replay;

import dev.tarsier.runtime.logging.VisibleText;

/** Text into HTML. */
final class Html {
  private Html() {}

  /** Safe in element content and in quoted attributes: topic and file names come from outside. */
  static String escape(String outside) {
    String text = VisibleText.of(outside, Integer.MAX_VALUE);
    StringBuilder safe = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> safe.append("&amp;");
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '"' -> safe.append("&quot;");
        case '\'' -> safe.append("&#39;");
        default -> safe.append(c);
      }
    }
    return safe.toString();
  }
}
