package dev.tarsier.ros.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

/** How much is said beside a command's result. */
public final class LogVolume {
  private static final String LEVEL = "tarsier.log";

  private LogVolume() {}

  /**
   * Leaves only errors, for commands whose output is all there is to say; a level that was given
   * with {@code -Dtarsier.log=INFO} stays.
   */
  public static void onlyErrors() {
    if (System.getProperty(LEVEL) == null
        && LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root
        && !root.getLevel().isGreaterOrEqual(Level.ERROR)) {
      root.setLevel(Level.ERROR);
    }
  }
}
