package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.task.ClassLabel;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A source with plausible values. */
final class SampleSource implements TelemetrySource {
  static final Factsheet FACTSHEET =
      new Factsheet(
          new Factsheet.BundleFacts("indoor-edge", "1", "0f".repeat(32)),
          new Factsheet.InputFacts(320, 240),
          List.of(new ClassLabel(0, "bed", "#E6550D")),
          255,
          new Factsheet.RangeFacts("m", 0.1, 10),
          "cpu",
          List.of(new Factsheet.Fallback("cuda", "not in this build")),
          Map.of("tarsier", "0.1.0", "java", "17", "onnxruntime", "1.29.0"));

  static final Metrics METRICS =
      new Metrics(
          12.5,
          new Metrics.Rates(30, 29),
          new Metrics.Frames(375, 370, 5, 1, 0),
          33.25,
          new TreeMap<>(Map.of("replaced_by_newer", 5L)),
          new TreeMap<>(Map.of("infer", new Metrics.Latency(29, 9.5, 11, 12.25, 13))),
          new Metrics.Health("degraded", List.of("5 frames dropped")),
          false,
          new Metrics.Held(2, 0, 3, 17),
          "tensorrt fp16, for 12 s");

  @Override
  public Factsheet factsheet() {
    return FACTSHEET;
  }

  @Override
  public Metrics metrics() {
    return METRICS;
  }
}
