package dev.tarsier.runtime.model;

/** A bundle that cannot be used. The message names the file, what is wrong, and the way out. */
public final class BundleException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A refusal. */
  public BundleException(String message) {
    super(message);
  }

  /** A refusal with what caused it. */
  public BundleException(String message, Throwable cause) {
    super(message, cause);
  }
}
