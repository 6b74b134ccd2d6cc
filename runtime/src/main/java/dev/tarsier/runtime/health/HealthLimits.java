package dev.tarsier.runtime.health;

/**
 * When perception counts as unwell.
 *
 * @param startupNanos how long the first frame may take to come
 * @param staleNanos how long after a frame the next may take to come
 * @param frozenFrames after how many frames without any change the camera counts as frozen; 0 never
 * @param frozenNanos and for how long at least
 * @param rejectedRatio share of frames rejected (not replaced by newer ones) since the last look
 *     above which perception counts as degraded
 */
public record HealthLimits(
    long startupNanos, long staleNanos, int frozenFrames, long frozenNanos, double rejectedRatio) {
  /** Five seconds to start, one second between frames, frozen after 30 frames and 3 s, 10 %. */
  public static final HealthLimits DEFAULT =
      new HealthLimits(5_000_000_000L, 1_000_000_000L, 30, 3_000_000_000L, 0.1);

  /** Checks the ranges. */
  public HealthLimits {
    if (startupNanos <= 0 || staleNanos <= 0 || frozenNanos < 0 || frozenFrames < 0) {
      throw new IllegalArgumentException(
          "health limits must be positive, got startup %d ns, stale %d ns, frozen %d frames, %d ns"
              .formatted(startupNanos, staleNanos, frozenFrames, frozenNanos));
    }
    if (!(rejectedRatio >= 0 && rejectedRatio <= 1)) {
      throw new IllegalArgumentException("rejectedRatio must be 0 to 1, got " + rejectedRatio);
    }
  }
}
