package dev.tarsier.runtime.telemetry;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The MQTT topics of one node on one robot.
 *
 * @param status {@code tarsier/<robot>/<node>/status}: retained, QoS 1, at each change and as last
 *     will
 * @param factsheet {@code tarsier/<robot>/<node>/factsheet}: retained, QoS 1, at each connection
 * @param metrics {@code tarsier/<robot>/<node>/metrics}: QoS 0, once a period (1 Hz by default)
 */
public record TelemetryTopics(String status, String factsheet, String metrics) {
  /** The first level of every topic. */
  public static final String ROOT = "tarsier";

  private static final Pattern VERSION_1_NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final String ESCAPED = "/+#%";

  /**
   * The topics of a node.
   *
   * @param robot its name
   * @param node its full name without the first slash
   */
  public static TelemetryTopics of(String robot, String node) {
    return below(ROOT + "/" + level(robot) + "/" + level(node));
  }

  /**
   * The topics of version 1, {@code tarsier/<robot>/status} and so on, which know no node.
   *
   * @param robot its name
   * @return empty where version 1 cannot hold the name; it would be changed, and be another's too
   */
  public static Optional<TelemetryTopics> version1(String robot) {
    return VERSION_1_NAME.matcher(robot).matches()
        ? Optional.of(below(ROOT + "/" + robot))
        : Optional.empty();
  }

  private static TelemetryTopics below(String prefix) {
    return new TelemetryTopics(prefix + "/status", prefix + "/factsheet", prefix + "/metrics");
  }

  /**
   * A name as one level of a topic. Each byte (UTF-8) of {@code / + # %}, white space, what has no
   * glyph of its own and what lies beyond U+FFFF (Paho refuses it) is written as {@code %} and two
   * hexadecimal digits, as in an address; so two names never give the same level.
   *
   * @param name any text
   */
  static String level(String name) {
    StringBuilder level = new StringBuilder();
    name.codePoints()
        .forEach(
            point -> {
              if (isPlain(point)) {
                level.appendCodePoint(point);
              } else {
                for (byte each : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
                  level.append(String.format("%%%02X", each & 0xFF));
                }
              }
            });
    return level.toString();
  }

  private static boolean isPlain(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.SPACE_SEPARATOR,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> point <= Character.MAX_VALUE && ESCAPED.indexOf(point) < 0;
    };
  }
}
