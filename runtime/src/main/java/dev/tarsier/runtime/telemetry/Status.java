package dev.tarsier.runtime.telemetry;

/**
 * Whether a robot's perception is there: the retained message on {@code tarsier/<robot>/status},
 * schema {@code docs/telemetry/status.schema.json}.
 *
 * @param schema {@value #SCHEMA}
 * @param robot the name in the topic
 * @param state online or offline
 * @param reason why the state is what it is
 * @param session the same for every message of one process, new after a restart
 * @param time when this was written, ISO-8601 UTC; in a last will, the time of the connection
 * @param version of Tarsier
 */
public record Status(
    String schema,
    String robot,
    State state,
    Reason reason,
    String session,
    String time,
    String version) {
  /** The schema's name and version. */
  public static final String SCHEMA = "tarsier.status/1";

  /** Whether anyone is there. */
  public enum State {
    ONLINE,
    OFFLINE
  }

  /** Why. */
  public enum Reason {
    /** Connected, for the first time or again. */
    CONNECTED,
    /** Closed in good order. */
    CLOSED,
    /** The broker lost the robot: killed, crashed, or without network. */
    LOST
  }
}
