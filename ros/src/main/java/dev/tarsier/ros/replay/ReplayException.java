package dev.tarsier.ros.replay;

/** A replay that cannot be run as asked; the message names what is missing and what there is. */
public final class ReplayException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * A refusal.
   *
   * @param message what is wrong and what to do
   */
  public ReplayException(String message) {
    super(message);
  }
}
