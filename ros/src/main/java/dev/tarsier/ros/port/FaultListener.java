package dev.tarsier.ros.port;

/** Hears of threads that ended and must not. */
public interface FaultListener {
  /**
   * A thread ended.
   *
   * @param key which
   * @param reason why, and what follows
   */
  void raised(String key, String reason);

  /** It has not happened again for a while. */
  void cleared(String key);
}
