package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.health.HealthLimits;
import dev.tarsier.runtime.metrics.TimeSource;

/**
 * How the pipeline treats its frames.
 *
 * @param maxAgeNanos a frame older than this, counted from its arrival, is not perceived, and a
 *     scene older than this is not published
 * @param health when perception counts as unwell
 * @param time the clocks; {@code epochNanos} is the clock of the frames' stamps
 */
public record PipelineOptions(long maxAgeNanos, HealthLimits health, TimeSource time) {
  /** One second, the default limits, the machine's clocks. */
  public static final PipelineOptions DEFAULT =
      new PipelineOptions(1_000_000_000L, HealthLimits.DEFAULT, TimeSource.system());

  /** Checks the age. */
  public PipelineOptions {
    if (maxAgeNanos <= 0) {
      throw new IllegalArgumentException("maxAgeNanos must be positive, got " + maxAgeNanos);
    }
  }

  /** The same with other clocks. */
  public PipelineOptions withTime(TimeSource clocks) {
    return new PipelineOptions(maxAgeNanos, health, clocks);
  }
}
