package dev.tarsier.trainer.dataset;

/** A data set that cannot be used as it is; the message names the file and the way out. */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With a message only. */
  public DataException(String message) {
    super(message);
  }

  /** With the failure behind it. */
  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
