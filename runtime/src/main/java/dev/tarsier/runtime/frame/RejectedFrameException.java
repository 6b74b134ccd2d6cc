package dev.tarsier.runtime.frame;

/**
 * A frame that cannot be used. It carries no stack trace: a broken camera sends many, and the
 * message says what is wrong with the frame.
 */
public final class RejectedFrameException extends Exception {
  private static final long serialVersionUID = 1L;

  private final DropReason reason;

  /**
   * A rejection.
   *
   * @param reason how it is counted
   * @param message what is wrong with the frame, and what would be right
   */
  public RejectedFrameException(DropReason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  /** How the drop is counted. */
  public DropReason reason() {
    return reason;
  }
}
