package dev.tarsier.ros.ros1.graph;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes connections that nobody uses any more; what goes wrong with that is no news. */
public final class QuietClose {
  private static final Logger LOG = LoggerFactory.getLogger(QuietClose.class);

  private QuietClose() {}

  /**
   * Closes.
   *
   * @param open null is closed already
   */
  public static void close(AutoCloseable open) {
    if (open == null) {
      return;
    }
    try {
      open.close();
    } catch (Exception e) {
      LOG.debug("closing a connection", e);
    }
  }
}
