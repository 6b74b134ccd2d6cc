package dev.tarsier.ros.node;

import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.metrics.LatencySummary;
import dev.tarsier.runtime.metrics.Stage;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.PerceptionPipeline;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import dev.tarsier.runtime.telemetry.Factsheet;
import dev.tarsier.runtime.telemetry.Metrics;
import dev.tarsier.runtime.telemetry.TelemetrySource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What telemetry tells of a pipeline. Called on the telemetry thread. */
final class NodeTelemetry implements TelemetrySource {
  private final PerceptionPipeline pipeline;

  NodeTelemetry(PerceptionPipeline pipeline) {
    this.pipeline = pipeline;
  }

  @Override
  public Factsheet factsheet() {
    PerceptionSnapshot snapshot = pipeline.snapshot();
    BundleManifest manifest = snapshot.bundle().manifest();
    return new Factsheet(
        new Factsheet.BundleFacts(
            manifest.name(), manifest.version(), snapshot.bundle().modelSha256()),
        new Factsheet.InputFacts(manifest.input().width(), manifest.input().height()),
        manifest.classes().stream()
            .map(each -> new Factsheet.ClassFacts(each.id(), each.name(), each.color()))
            .toList(),
        manifest.ignoreId(),
        manifest.depthHead().isEmpty()
            ? null
            : new Factsheet.DepthFacts(
                manifest.depth().unit(), manifest.depth().min(), manifest.depth().max()),
        snapshot.provider(),
        fallbacks(snapshot.fallbacks()),
        Map.of(
            "tarsier", ProductVersion.text(),
            "java", System.getProperty("java.version"),
            "os", System.getProperty("os.name") + " " + System.getProperty("os.arch")));
  }

  private static List<Factsheet.Fallback> fallbacks(List<String> lines) {
    return lines.stream()
        .map(line -> line.split(": ", 2))
        .map(parts -> new Factsheet.Fallback(parts[0], parts.length > 1 ? parts[1] : ""))
        .toList();
  }

  @Override
  public Metrics metrics() {
    PerceptionSnapshot snapshot = pipeline.snapshot();
    SortedMap<String, Long> dropped = new TreeMap<>();
    snapshot
        .drops()
        .forEach(
            (reason, count) -> {
              if (count > 0) {
                dropped.put(reason.id(), count);
              }
            });
    SortedMap<String, Metrics.Latency> latencies = new TreeMap<>();
    snapshot
        .recent()
        .forEach(
            (stage, latency) -> {
              if (latency.count() > 0 && stage != Stage.STAMP_AGE) {
                latencies.put(stage.id(), latency(latency));
              }
            });
    return new Metrics(
        snapshot.uptimeNanos() / 1e9,
        1,
        new Metrics.Rates(snapshot.fpsIn(), snapshot.fpsOut()),
        new Metrics.Frames(snapshot.framesIn(), snapshot.framesOut(), snapshot.dropped()),
        dropped,
        latencies,
        new Metrics.Health(level(snapshot.health().state()), snapshot.health().reasons()));
  }

  private static Metrics.Latency latency(LatencySummary summary) {
    return new Metrics.Latency(
        summary.count(),
        summary.p50Millis(),
        summary.p95Millis(),
        summary.p99Millis(),
        summary.maxMillis());
  }

  static String level(HealthState state) {
    return switch (state) {
      case DEGRADED, STARTING -> "warn";
      default -> state.name().toLowerCase(Locale.ROOT);
    };
  }
}
