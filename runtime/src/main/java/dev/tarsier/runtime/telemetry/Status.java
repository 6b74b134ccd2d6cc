package dev.tarsier.runtime.telemetry;

import java.util.List;

/**
 * Whether a node is there: the retained message on {@code tarsier/<robot>/<node>/status}, schema
 * {@code docs/telemetry/status.schema.json}.
 *
 * @param state online or offline
 * @param reason why the state is what it is
 * @param version of Tarsier
 * @param conflicts sessions of other processes that tell under the same robot's and node's name;
 *     empty when all is well. Version 1 does not have it.
 */
public record Status(State state, Reason reason, String version, List<String> conflicts) {
  /** The schema's name and version. */
  public static final String SCHEMA = "tarsier.status/2";

  /** Copies the list. */
  public Status {
    conflicts = List.copyOf(conflicts);
  }

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
    /** The broker lost the node: killed, crashed, or without network. */
    LOST
  }
}
