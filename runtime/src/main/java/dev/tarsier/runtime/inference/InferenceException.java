package dev.tarsier.runtime.inference;

/** The engine could not be started, or failed on a frame. */
public final class InferenceException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A failure. */
  public InferenceException(String message, Throwable cause) {
    super(message, cause);
  }
}
