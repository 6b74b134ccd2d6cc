package dev.tarsier.ros.port;

/** The ROS graph refused or could not be reached; the message names what, and the way out. */
public final class RosException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * A refusal.
   *
   * @param message what failed and what to do
   */
  public RosException(String message) {
    super(message);
  }

  /**
   * A failure with its reason.
   *
   * @param message what failed and what to do
   * @param cause the reason
   */
  public RosException(String message, Throwable cause) {
    super(message, cause);
  }
}
