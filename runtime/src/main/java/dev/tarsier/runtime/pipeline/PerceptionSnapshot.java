package dev.tarsier.runtime.pipeline;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.health.HealthReport;
import dev.tarsier.runtime.model.Bundle;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How perception is doing, for telemetry and diagnostics. Immutable. Rates and recent durations are
 * those of the last whole window of about a second.
 *
 * @param epochNanos when it was taken
 * @param uptimeNanos since the pipeline was made
 * @param bundle that perceives
 * @param provider that computes, with its precision where there are several, such as {@code cpu} or
 *     {@code tensorrt fp16}
 * @param fallbacks what was tried before, each with its reason
 * @param threads of the CPU provider, with how they were found; empty where they were given
 * @param building the engine that is being built, and for how long; empty where none is
 * @param idle whether nobody wants a scene, so that frames are taken and not perceived
 * @param health the state with its reasons
 * @param framesIn frames and messages that came, since the start
 * @param framesOut scenes that went out, since the start
 * @param drops frames that came to nothing, by reason, since the start; every reason is there
 * @param stampsWentBack how often a frame's stamp was older than the one before
 * @param leakedFrames frames that were never closed
 * @param held frames, tensors and the like that are in use now
 * @param ageFrom what the age of frames counts from: {@code stamp}, or {@code arrival} with the
 *     reason, such as stamps of another clock; {@code unknown} while every image was rejected
 * @param fpsIn frames a second that came
 * @param fpsOut scenes a second that went out
 * @param lastCaptureNanos stamp of the last published scene; 0 before the first
 * @param lastFrameAgeNanos since the last frame arrived; -1 before the first
 * @param recent durations of each stage in the last window
 * @param total durations of each stage since the start, without the window that is running
 */
public record PerceptionSnapshot(
    long epochNanos,
    long uptimeNanos,
    Bundle bundle,
    String provider,
    List<String> fallbacks,
    String threads,
    String building,
    boolean idle,
    HealthReport health,
    long framesIn,
    long framesOut,
    Map<DropReason, Long> drops,
    long stampsWentBack,
    long leakedFrames,
    HeldMemory held,
    String ageFrom,
    double fpsIn,
    double fpsOut,
    long lastCaptureNanos,
    long lastFrameAgeNanos,
    Map<Stage, LatencySummary> recent,
    Map<Stage, LatencySummary> total) {
  /** Copies lists and maps. */
  public PerceptionSnapshot {
    fallbacks = List.copyOf(fallbacks);
    drops = Collections.unmodifiableMap(new EnumMap<>(drops));
    recent = Collections.unmodifiableMap(new EnumMap<>(recent));
    total = Collections.unmodifiableMap(new EnumMap<>(total));
  }

  /** All drops together. */
  public long dropped() {
    return drops.values().stream().mapToLong(Long::longValue).sum();
  }
}
