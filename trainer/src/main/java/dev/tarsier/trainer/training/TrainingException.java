package dev.tarsier.trainer.training;

/** A run that cannot go on; the message says at which step, with which frames, and what is left. */
public final class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With a message only. */
  public TrainingException(String message) {
    super(message);
  }

  /** With the failure behind it. */
  public TrainingException(String message, Throwable cause) {
    super(message, cause);
  }
}
