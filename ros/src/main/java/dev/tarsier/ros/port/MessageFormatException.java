package dev.tarsier.ros.port;

/** A message body that is not what its type says: too short, too long, or of impossible values. */
public final class MessageFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names the message type, the field, and what is wrong with it
   */
  public MessageFormatException(String message) {
    super(message);
  }
}
