package dev.tarsier.runtime.health;

import java.util.List;

/**
 * The state of perception with its reasons.
 *
 * @param state the worst that holds
 * @param reasons one sentence each; empty when OK
 */
public record HealthReport(HealthState state, List<String> reasons) {
  /** Copies the reasons. */
  public HealthReport {
    reasons = List.copyOf(reasons);
  }
}
