package dev.tarsier.runtime.pipeline;

import java.util.Locale;

/**
 * How old frames are. A frame's own stamp tells best, since it counts what the frame waited before
 * this process saw it, in a stalled link or while the process was stopped; but only where the
 * camera's clock and ours agree. Otherwise age counts from arrival.
 *
 * <p>The delay of a frame is our clock's time at its arrival less its stamp: the difference of the
 * clocks and the way of the frame. The least delay bounds the difference, as no way is shorter than
 * nothing. The clocks agree while it is at most the maximum age, early or late. It falls at once,
 * and rises by no more than clocks drift, so frames that wait ever longer do not look like a clock
 * that is late. Where a clock was set (stamps went back, or ours moved otherwise than the monotonic
 * clock), and no frame fits the old difference for a second, the new one holds.
 *
 * <p>Safe for several threads.
 */
final class FrameAges {
  /** Clocks that differ by less than this were not set. */
  static final long JUMP_NANOS = 250_000_000L;

  /**
   * After a clock may have been set, how long frames that fit the old difference are waited for.
   */
  static final long GRACE_NANOS = 1_000_000_000L;

  /** 100 parts in a million, as bad as quartz gets. */
  private static final long DRIFT = 10_000;

  /** A pause says nothing of drift. */
  private static final long LONGEST_STEP_NANOS = 10_000_000_000L;

  private final long maxAgeNanos;
  private boolean known;
  private long leastDelay;
  private boolean unstamped;
  private long lastMonotonic;
  private long lastEpoch;
  private long lastStamp;
  private boolean doubted;
  private long doubtedSince;
  private long leastDoubted;

  /**
   * Ages.
   *
   * @param maxAgeNanos clocks that differ by more do not agree
   */
  FrameAges(long maxAgeNanos) {
    this.maxAgeNanos = maxAgeNanos;
  }

  /**
   * Learns from a frame that came in.
   *
   * @param stampNanos the frame's; 0 = none
   * @param monotonicNanos now
   * @param epochNanos now, on the clock of the stamps; 0 = that clock has not begun
   * @param simulated whether that clock may run at another pace than the monotonic one
   */
  synchronized void arrived(
      long stampNanos, long monotonicNanos, long epochNanos, boolean simulated) {
    unstamped = stampNanos == 0;
    if (unstamped || epochNanos == 0) {
      return;
    }
    long delay = epochNanos - stampNanos;
    if (!known) {
      known = true;
      leastDelay = delay;
    } else {
      learn(delay, monotonicNanos, wasSet(stampNanos, monotonicNanos, epochNanos, simulated));
    }
    lastMonotonic = monotonicNanos;
    lastEpoch = epochNanos;
    lastStamp = stampNanos;
  }

  private boolean wasSet(long stamp, long monotonic, long epoch, boolean simulated) {
    long ours = epoch - lastEpoch;
    long moved = simulated ? Math.min(0, ours) : ours - (monotonic - lastMonotonic);
    return stamp < lastStamp - JUMP_NANOS || Math.abs(moved) > JUMP_NANOS;
  }

  private void learn(long delay, long monotonic, boolean wasSet) {
    long step = Math.min(monotonic - lastMonotonic, LONGEST_STEP_NANOS);
    leastDelay = Math.min(delay, leastDelay + step / DRIFT);
    if (delay <= leastDelay + JUMP_NANOS) {
      doubted = false;
      return;
    }
    if (wasSet && !doubted) {
      doubted = true;
      doubtedSince = monotonic;
      leastDoubted = delay;
    }
    if (doubted) {
      leastDoubted = Math.min(leastDoubted, delay);
      if (monotonic - doubtedSince >= GRACE_NANOS) {
        leastDelay = leastDoubted;
        doubted = false;
      }
    }
  }

  /**
   * The age of a frame.
   *
   * @param stampNanos the frame's; 0 = none
   * @param arrivalNanos when it came, on the monotonic clock
   * @param monotonicNanos now
   * @param epochNanos now, on the clock of the stamps
   */
  synchronized long ageNanos(
      long stampNanos, long arrivalNanos, long monotonicNanos, long epochNanos) {
    long sinceArrival = monotonicNanos - arrivalNanos;
    if (stampNanos == 0 || epochNanos == 0 || !agree()) {
      return sinceArrival;
    }
    // Stamps of the future come from a clock that is early by at least as much.
    return Math.max(sinceArrival, epochNanos - stampNanos - Math.min(0, leastDelay));
  }

  private boolean agree() {
    return known && leastDelay <= maxAgeNanos && leastDelay >= -maxAgeNanos;
  }

  /** What ages count from now: {@code stamp}, or {@code arrival} and why. */
  synchronized String basis() {
    if (unstamped) {
      return "arrival: images have no stamp";
    }
    if (!known) {
      return "arrival: no stamped image yet";
    }
    if (agree()) {
      return "stamp";
    }
    return String.format(
        Locale.ROOT,
        "arrival: stamps are %.3f s %s this machine's time",
        Math.abs(leastDelay / 1e9),
        leastDelay > 0 ? "behind" : "ahead of");
  }

  /**
   * What makes frames old that may not be: a clock that is behind by less than the maximum age
   * looks like a long way. Empty where that is no matter.
   */
  synchronized String suspicion() {
    return byStamp() && leastDelay > maxAgeNanos / 2
        ? String.format(
            Locale.ROOT,
            "; stamps are at least %.2f s behind this machine's time, of %.2f s that are allowed: set the clocks, or raise max_age_millis",
            leastDelay / 1e9,
            maxAgeNanos / 1e9)
        : "";
  }

  /** Whether ages count from stamps now. */
  synchronized boolean byStamp() {
    return !unstamped && agree();
  }
}
