package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.health.HealthLimits;

/**
 * How the pipeline treats its frames.
 *
 * @param maxAgeNanos a frame older than this is not perceived, and a scene older than this is not
 *     published. Age counts from the frame's stamp where the camera's clock agrees with ours to
 *     within the same time, otherwise from its arrival.
 * @param hungNanos a frame that is perceived for longer than this is a hung inference; the first
 *     one may take {@link #FIRST_HUNG_NANOS}, since engines are built and warmed up with it
 * @param health when perception counts as unwell
 * @param time the clocks; {@code epochNanos} is the clock of the frames' stamps
 */
public record PipelineOptions(
    long maxAgeNanos, long hungNanos, HealthLimits health, TimeSource time) {
  /** How long the first frame may be perceived at least. */
  public static final long FIRST_HUNG_NANOS = 120_000_000_000L;

  /** One second, ten seconds, the default limits, the machine's clocks. */
  public static final PipelineOptions DEFAULT =
      new PipelineOptions(
          1_000_000_000L, 10_000_000_000L, HealthLimits.DEFAULT, TimeSource.system());

  /** Checks the age. */
  public PipelineOptions {
    if (maxAgeNanos <= 0) {
      throw new IllegalArgumentException("maxAgeNanos must be positive, got " + maxAgeNanos);
    }
    if (hungNanos <= 0) {
      throw new IllegalArgumentException("hungNanos must be positive, got " + hungNanos);
    }
  }

  /** The same with other clocks. */
  public PipelineOptions withTime(TimeSource clocks) {
    return new PipelineOptions(maxAgeNanos, hungNanos, health, clocks);
  }
}
