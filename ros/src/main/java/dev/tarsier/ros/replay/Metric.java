package dev.tarsier.ros.replay;

import dev.tarsier.runtime.config.NearestName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One figure that a replay can report, gate on and chart. The name is the same in the report, in
 * the JSON and in a gate expression.
 *
 * @param name such as {@code depth.rmse}
 * @param unit {@code m}, {@code ms}, {@code fps}, {@code frames}; empty for a ratio
 * @param better which direction is good
 * @param needs what the bag must hold for it to exist
 * @param protocol how it is computed, in one sentence
 */
public record Metric(String name, String unit, Better better, Needs needs, String protocol) {
  /** The direction in which a figure is good. */
  public enum Better {
    /** Errors, latencies, drops. */
    LOWER,
    /** Accuracies, rates. */
    HIGHER,
    /** Best at a value in between, such as a scale of 1. */
    NEITHER
  }

  /** What a bag must hold. */
  public enum Needs {
    /** An image topic, which every replay has. */
    IMAGES,
    /** A depth topic. */
    DEPTH,
    /** A topic with class ids. */
    LABELS
  }

  /** The stages that a replay times, in the order of the data path. */
  static final List<String> STAGES = List.of("decode", "infer", "total");

  private static final String POOLED =
      "over all valid truth pixels of all matched frames, pooled; the prediction is taken at the"
          + " nearest pixel";
  private static final String ALIGNED =
      "as the plain one, after each frame's prediction was multiplied by"
          + " median(truth)/median(prediction)";
  private static final Map<String, Metric> ALL = all();

  /** Every metric by name, in the order of the report. */
  public static Map<String, Metric> known() {
    return ALL;
  }

  /**
   * The metric of a name.
   *
   * @throws IllegalArgumentException when there is none; the message names the nearest and all
   */
  public static Metric of(String name) {
    Metric metric = ALL.get(name);
    if (metric == null) {
      throw new IllegalArgumentException(
          "unknown metric '%s'%s Known metrics: %s"
              .formatted(
                  name,
                  NearestName.of(name, ALL.keySet())
                      .map(near -> "; did you mean '" + near + "'?")
                      .orElse("."),
                  ALL.keySet().stream().collect(Collectors.joining(", "))));
    }
    return metric;
  }

  private static Map<String, Metric> all() {
    Map<String, Metric> all = new LinkedHashMap<>();
    Better lower = Better.LOWER;
    Better higher = Better.HIGHER;
    Needs depth = Needs.DEPTH;
    put(all, "depth.rmse", "m", lower, depth, "sqrt(mean (p − t)²) " + POOLED);
    put(all, "depth.abs", "m", lower, depth, "mean |p − t| " + POOLED);
    put(all, "depth.rel", "", lower, depth, "mean |p − t| / t " + POOLED);
    put(all, "depth.logrmse", "", lower, depth, "sqrt(mean (ln max(p, 1e-9) − ln t)²) " + POOLED);
    for (int k = 1; k <= 3; k++) {
      put(
          all,
          "depth.delta" + k,
          "",
          higher,
          depth,
          "share of pixels with max(p/t, t/p) < 1.25^%d (strict) %s".formatted(k, POOLED));
    }
    put(all, "depth.bias", "m", Better.NEITHER, depth, "mean (p − t) " + POOLED);
    put(
        all,
        "depth.scale",
        "",
        Better.NEITHER,
        depth,
        "geometric mean over frames of median(truth)/median(prediction): by how much predictions are"
            + " to be multiplied; 1 is right");
    put(all, "depth.scale_error", "", lower, depth, "|depth.scale − 1|");
    put(
        all,
        "depth.scale_spread",
        "",
        lower,
        depth,
        "standard deviation over frames of ln(median(truth)/median(prediction)): how much the scale"
            + " wavers");
    put(all, "depth.aligned.rmse", "m", lower, depth, ALIGNED);
    put(all, "depth.aligned.abs", "m", lower, depth, ALIGNED);
    put(all, "depth.aligned.rel", "", lower, depth, ALIGNED);
    put(all, "depth.aligned.delta1", "", higher, depth, ALIGNED);
    put(
        all,
        "depth.coverage",
        "",
        higher,
        depth,
        "share of valid truth pixels for which the model gave a depth");
    put(
        all,
        "classes.miou",
        "",
        higher,
        Needs.LABELS,
        "one confusion matrix over all matched frames, void removed, mean over the classes present"
            + " in truth or prediction; the prediction is taken at the nearest pixel");
    put(
        all,
        "classes.pixel_accuracy",
        "",
        higher,
        Needs.LABELS,
        "share of labelled pixels with the right class, pooled over all matched frames");
    Needs images = Needs.IMAGES;
    put(all, "frames.in", "frames", Better.NEITHER, images, "images read from the bag");
    put(all, "frames.out", "frames", higher, images, "images perceived");
    put(all, "frames.dropped", "frames", lower, images, "images refused, whatever the reason");
    put(
        all,
        "throughput.fps",
        "fps",
        higher,
        images,
        "frames perceived per second of wall time, one after the other; reading, scoring and"
            + " recording included, drawing the report not");
    for (String stage : STAGES) {
      for (String quantile : List.of("p50", "p95", "p99", "max")) {
        put(
            all,
            "latency." + stage + "." + quantile,
            "ms",
            lower,
            images,
            "total".equals(stage)
                ? "from the encoded image to classes and depth, per frame"
                : "stage '" + stage + "', per frame");
      }
    }
    return java.util.Collections.unmodifiableMap(all);
  }

  private static void put(
      Map<String, Metric> all,
      String name,
      String unit,
      Better better,
      Needs needs,
      String protocol) {
    all.put(name, new Metric(name, unit, better, needs, protocol));
  }
}
