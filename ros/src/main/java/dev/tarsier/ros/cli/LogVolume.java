package dev.tarsier.ros.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import org.slf4j.LoggerFactory;

/** How much is said beside a command's result. */
public final class LogVolume {
  private static final String LEVEL = "tarsier.log";

  /** The console's pattern puts it before what is said. */
  private static final String NODE = "tarsier.node";

  private LogVolume() {}

  /**
   * Has each line of this process name its node, since one console shows those of several.
   *
   * @param name full, such as {@code /tarsier_perception}
   */
  public static void nameNode(String name) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.putProperty(NODE, " " + name);
    }
  }

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
