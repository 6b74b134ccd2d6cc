package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.health.HealthConditions;
import dev.tarsier.runtime.health.HealthState;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers the conditions that hold, and nothing else. */
final class RaisedConditions implements HealthConditions {
  final Map<String, String> reasons = new ConcurrentHashMap<>();

  @Override
  public void raise(String key, HealthState level, String reason) {
    reasons.put(key, level + ": " + reason);
  }

  @Override
  public void clear(String key) {
    reasons.remove(key);
  }
}
