package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.RobotName;
import java.util.UUID;

/**
 * Who tells: a robot and one node on it, the same after each restart, and the process that it is
 * this time.
 *
 * @param robot see {@link RobotName}
 * @param node its full name without the first slash, such as {@code tarsier_perception} or {@code
 *     front/perception}; 1 to {@value #LONGEST_NODE} characters
 * @param session new for each process, a UUID
 */
public record TelemetryIdentity(String robot, String node, String session) {
  /** The node's name where nobody gives it another. */
  public static final String DEFAULT_NODE = "tarsier_perception";

  /** The most characters of a node's name. */
  public static final int LONGEST_NODE = 255;

  /** Checks the names. */
  public TelemetryIdentity {
    robot = RobotName.checked(robot);
    node = node.startsWith("/") ? node.substring(1) : node;
    if (node.isBlank() || node.length() > LONGEST_NODE) {
      throw new IllegalArgumentException(
          "the node's name must have 1 to %d characters, got %d: '%s'"
              .formatted(
                  LONGEST_NODE, node.length(), node.substring(0, Math.min(40, node.length()))));
    }
  }

  /**
   * A new session.
   *
   * @param robot its name
   * @param node its full name, with or without its first slash
   */
  public static TelemetryIdentity newSession(String robot, String node) {
    return new TelemetryIdentity(robot, node, UUID.randomUUID().toString());
  }
}
