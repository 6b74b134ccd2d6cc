package dev.tarsier.ros.truth;

/** A topic that is not taken as truth; the message says why, and what would make it one. */
public final class TruthException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * A refusal.
   *
   * @param message why, without the topic's name
   */
  public TruthException(String message) {
    super(message);
  }
}
