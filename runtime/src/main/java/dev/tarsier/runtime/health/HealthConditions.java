package dev.tarsier.runtime.health;

/** Where conditions are told that hold until they are cleared. Any thread may call. */
public interface HealthConditions {
  /**
   * Something is not as it should be until it is {@linkplain #clear cleared}.
   *
   * @param key names the condition; one that holds already is replaced
   * @param level {@link HealthState#DEGRADED} or {@link HealthState#ERROR}; {@link
   *     HealthState#STALE} for why no frame comes, which is told before what is merely degraded
   * @param reason what is wrong and the way out, one sentence
   */
  void raise(String key, HealthState level, String reason);

  /** The condition holds no longer. Nothing happens where it did not hold. */
  void clear(String key);
}
