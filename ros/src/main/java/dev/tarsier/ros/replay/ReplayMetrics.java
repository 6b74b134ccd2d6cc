package dev.tarsier.ros.replay;

import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.accuracy.Metric.Better;
import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Every figure that a replay can report, gate on and chart: those of the bundle's heads, then those
 * of the images. The name is the same in the report, in the JSON and in a gate. Immutable.
 */
public final class ReplayMetrics {
  /** The stages that a replay times, in the order of the data path. */
  static final List<String> STAGES = List.of("decode", "infer", "total");

  /** What a count is counted in; it rests on nothing else. */
  static final String FRAMES = "frames";

  /** Figures of a head to see at once, in this order. */
  private static final List<String> HEADLINES =
      List.of("rmse", "aligned.rmse", "scale", "miou", "pixel_accuracy", "mean", "accuracy");

  private final Map<String, Metric> all = new LinkedHashMap<>();
  private final Optional<String> classMap;

  /**
   * @param heads of the bundle. Not modified.
   */
  public ReplayMetrics(Collection<Head> heads) {
    Metrics.of(heads).forEach(metric -> all.put(metric.name(), metric));
    classMap =
        heads.stream().filter(head -> head.kind() instanceof ClassMap).map(Head::id).findFirst();
    put("frames.in", FRAMES, Better.NEITHER, "images read from the bag");
    put("frames.out", FRAMES, Better.HIGHER, "images perceived");
    put("frames.dropped", FRAMES, Better.LOWER, "images refused, whatever the reason");
    put(
        "throughput.fps",
        "fps",
        Better.HIGHER,
        "frames perceived per second of wall time, one after the other; reading, scoring and"
            + " recording included, drawing the report not");
    for (String stage : STAGES) {
      for (String quantile : List.of("p50", "p95", "p99", "max")) {
        put(
            "latency." + stage + "." + quantile,
            "ms",
            Better.LOWER,
            "total".equals(stage)
                ? "from the encoded image to the outputs, per frame"
                : "stage '" + stage + "', per frame");
      }
    }
  }

  private void put(String name, String unit, Better better, String protocol) {
    all.put(name, new Metric(name, "", unit, better, protocol));
  }

  /** All, in the order of the report. */
  Collection<Metric> all() {
    return all.values();
  }

  /**
   * The metric of a name. Spellings of before are taken too: {@code depth_rmse}, {@code
   * depth.logrmse}, {@code classes.miou}.
   *
   * @throws IllegalArgumentException when there is none; the message names the nearest and all
   */
  Metric named(String name) {
    Metric exact = all.get(name);
    if (exact != null) {
      return exact;
    }
    // what the class map was called before heads had ids
    String letters = letters(classMap.map(id -> name.replaceFirst("^classes", id)).orElse(name));
    return all.values().stream()
        .filter(metric -> letters(metric.name()).equals(letters))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown metric '%s'%s Known metrics: %s"
                        .formatted(
                            name,
                            NearestName.question(name, all.keySet()).orElse("."),
                            String.join(", ", all.keySet()))));
  }

  private static String letters(String name) {
    return name.replaceAll("[._]", "").toLowerCase(Locale.ROOT);
  }

  /**
   * The figures of a head to see at once.
   *
   * @param measured names of what there is. Not modified.
   * @return names
   */
  public static List<String> headlines(String head, Collection<String> measured) {
    return HEADLINES.stream()
        .map(figure -> head + "." + figure)
        .filter(measured::contains)
        .toList();
  }
}
