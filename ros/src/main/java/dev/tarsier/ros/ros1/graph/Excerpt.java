package dev.tarsier.ros.ros1.graph;

/**
 * The beginning of a text that a peer sent, for messages: a peer chooses what it sends, not how
 * much of our log it fills.
 */
public final class Excerpt {
  /** Characters that are shown. */
  static final int LENGTH = 160;

  private Excerpt() {}

  /**
   * A text of bounded length.
   *
   * @param sent what a peer sent; null is shown as such
   */
  public static String of(Object sent) {
    String text = String.valueOf(sent);
    return text.length() <= LENGTH
        ? text
        : text.substring(0, LENGTH) + "… (" + text.length() + " characters)";
  }
}
