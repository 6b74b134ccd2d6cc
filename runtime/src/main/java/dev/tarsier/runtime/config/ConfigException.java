package dev.tarsier.runtime.config;

/**
 * A configuration file, a recipe or a set of parameters that cannot be used. The message names the
 * source, the line where it is known, the key, and the way out; it is meant for the person who
 * wrote the file, so a command prints it without a stack trace.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names the source, the key and what would be right
   */
  public ConfigException(String message) {
    super(message);
  }

  /**
   * @param message names the source, the key and what would be right
   * @param cause what the reader said
   */
  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
