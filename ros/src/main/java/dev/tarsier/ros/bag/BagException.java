package dev.tarsier.ros.bag;

import java.io.IOException;

/**
 * A file that cannot be read as a bag; the message names the file, what is wrong, and a way out.
 */
public class BagException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names the file and what is wrong with it
   */
  public BagException(String message) {
    super(message);
  }
}
