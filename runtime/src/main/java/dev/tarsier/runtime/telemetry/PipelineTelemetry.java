package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.LatencySummary;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import dev.tarsier.runtime.pipeline.Stage;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.tensor.OpenCv;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Tells what a perception pipeline says about itself. */
public final class PipelineTelemetry implements TelemetrySource {
  private static final long MOST_STAMP_AGE_NANOS = 60_000_000_000L;

  private final Supplier<PerceptionSnapshot> snapshots;

  /**
   * @param snapshots such as {@code pipeline::snapshot}; called on the telemetry thread
   */
  public PipelineTelemetry(Supplier<PerceptionSnapshot> snapshots) {
    this.snapshots = snapshots;
  }

  @Override
  public Factsheet factsheet() {
    return factsheet(snapshots.get());
  }

  @Override
  public Metrics metrics() {
    return metrics(snapshots.get());
  }

  static Factsheet factsheet(PerceptionSnapshot snapshot) {
    BundleManifest manifest = snapshot.bundle().manifest();
    Optional<ClassMap> classes = manifest.firstKind(ClassMap.class);
    SortedMap<String, String> versions = new TreeMap<>();
    versions.put("tarsier", ProductVersion.text());
    versions.put("java", System.getProperty("java.version"));
    versions.put("onnxruntime", InferenceEngine.usual().version());
    versions.put("opencv", OpenCv.version());
    return new Factsheet(
        new Factsheet.BundleFacts(
            manifest.name(), manifest.version(), snapshot.bundle().modelSha256()),
        new Factsheet.InputFacts(manifest.input().width(), manifest.input().height()),
        classes.map(ClassMap::classes).orElse(List.of()),
        classes.map(ClassMap::ignoreId).orElse(ClassMap.USUAL_IGNORE_ID),
        manifest
            .firstKind(MetricMap.class)
            .map(each -> new Factsheet.RangeFacts(each.unit(), each.min(), each.max()))
            .orElse(null),
        snapshot.provider(),
        snapshot.fallbacks().stream().map(PipelineTelemetry::fallback).toList(),
        versions);
  }

  static Metrics metrics(PerceptionSnapshot snapshot) {
    SortedMap<String, Long> dropped = new TreeMap<>();
    for (Map.Entry<DropReason, Long> each : snapshot.drops().entrySet()) {
      if (each.getValue() > 0) {
        dropped.put(each.getKey().id(), each.getValue());
      }
    }
    SortedMap<String, Metrics.Latency> latencies = new TreeMap<>();
    for (Map.Entry<Stage, LatencySummary> each : snapshot.recent().entrySet()) {
      LatencySummary summary = each.getValue();
      if (summary.count() > 0 && !isOfAnotherClock(each.getKey(), summary)) {
        latencies.put(
            each.getKey().id(),
            new Metrics.Latency(
                summary.count(),
                summary.p50Millis(),
                summary.p95Millis(),
                summary.p99Millis(),
                summary.maxMillis()));
      }
    }
    return new Metrics(
        snapshot.uptimeNanos() / 1e9,
        new Metrics.Rates(snapshot.fpsIn(), snapshot.fpsOut()),
        new Metrics.Frames(
            snapshot.framesIn(),
            snapshot.framesOut(),
            snapshot.dropped(),
            snapshot.stampsWentBack(),
            snapshot.leakedFrames()),
        snapshot.lastFrameAgeNanos() < 0 ? null : snapshot.lastFrameAgeNanos() / 1e6,
        dropped,
        latencies,
        new Metrics.Health(
            snapshot.health().state().name().toLowerCase(Locale.ROOT),
            List.copyOf(snapshot.health().reasons())),
        snapshot.idle(),
        new Metrics.Held(
            snapshot.held().frames(),
            snapshot.held().frameOverflows(),
            snapshot.held().tensors(),
            snapshot.held().openCv()),
        snapshot.building().isEmpty() ? null : snapshot.building());
  }

  /** Stamps of a bag that is played, or of a camera whose clock is wrong, are no latency. */
  private static boolean isOfAnotherClock(Stage stage, LatencySummary summary) {
    return stage == Stage.STAMP_AGE && summary.p50Nanos() > MOST_STAMP_AGE_NANOS;
  }

  /** The pipeline says {@code cuda: not in this build}. */
  private static Factsheet.Fallback fallback(String text) {
    int colon = text.indexOf(": ");
    return colon < 0
        ? new Factsheet.Fallback(text, "no reason given")
        : new Factsheet.Fallback(text.substring(0, colon), text.substring(colon + 2));
  }
}
