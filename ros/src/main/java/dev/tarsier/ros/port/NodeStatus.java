package dev.tarsier.ros.port;

import dev.tarsier.runtime.health.HealthState;
import java.util.List;

/**
 * How the node is, for {@code /diagnostics}.
 *
 * @param nanos ROS time now
 * @param state how it is
 * @param name the component, such as {@code tarsier_perception: perception}
 * @param message its state in words
 * @param hardwareId which piece of hardware; may be empty
 * @param values details, in order; a key may be there more than once
 */
public record NodeStatus(
    long nanos,
    HealthState state,
    String name,
    String message,
    String hardwareId,
    List<Detail> values) {
  /**
   * A detail.
   *
   * @param key what it is of
   * @param value in words
   */
  public record Detail(String key, String value) {}

  /** Copies the list. */
  public NodeStatus {
    values = List.copyOf(values);
  }
}
