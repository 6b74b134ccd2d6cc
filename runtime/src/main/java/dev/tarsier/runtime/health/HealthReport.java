package dev.tarsier.runtime.health;

import dev.tarsier.runtime.logging.VisibleText;
import java.util.List;

/**
 * The state of perception with its reasons.
 *
 * @param state the worst that holds
 * @param reasons one sentence each; empty when OK
 */
public record HealthReport(HealthState state, List<String> reasons) {
  /** Copies the reasons; what peers put into them is shown, and not obeyed by a terminal. */
  public HealthReport {
    reasons = reasons.stream().map(VisibleText::of).toList();
  }
}
