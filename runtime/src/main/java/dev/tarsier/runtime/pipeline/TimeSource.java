package dev.tarsier.runtime.pipeline;

/** The clocks of the data path; tests and simulated time bring their own. */
public interface TimeSource {
  /** Never goes back; only differences mean something. Nanoseconds. */
  long monotonicNanos();

  /**
   * Nanoseconds since the epoch, on the clock that stamps the camera's frames; 0 while that clock
   * has not begun.
   */
  long epochNanos();

  /** Whether {@link #epochNanos} may run at another pace than the monotonic clock. */
  default boolean simulated() {
    return false;
  }

  /** The machine's own clocks. */
  static TimeSource system() {
    return SystemTime.INSTANCE;
  }

  /** {@link System}'s clocks. */
  enum SystemTime implements TimeSource {
    /** The only one. */
    INSTANCE;

    @Override
    public long monotonicNanos() {
      return System.nanoTime();
    }

    @Override
    public long epochNanos() {
      return System.currentTimeMillis() * 1_000_000;
    }
  }
}
