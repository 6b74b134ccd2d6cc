package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.RobotName;

/**
 * The MQTT topics of one robot.
 *
 * @param status {@code tarsier/<robot>/status}: retained, QoS 1, at each change and as last will
 * @param factsheet {@code tarsier/<robot>/factsheet}: retained, QoS 1, at each connection
 * @param metrics {@code tarsier/<robot>/metrics}: QoS 0, once a period (1 Hz by default)
 */
public record TelemetryTopics(String status, String factsheet, String metrics) {
  /** The first level of every topic. */
  public static final String ROOT = "tarsier";

  /**
   * The topics of a robot.
   *
   * @param robot its name; made safe with {@link RobotName#sanitised}
   */
  public static TelemetryTopics of(String robot) {
    String prefix = ROOT + "/" + RobotName.sanitised(robot) + "/";
    return new TelemetryTopics(prefix + "status", prefix + "factsheet", prefix + "metrics");
  }
}
