package dev.tarsier.runtime.task;

/**
 * A positive measure for each pixel, such as a distance: float32 [1, height, width], NaN where it
 * is unknown.
 *
 * @param unit {@code m}
 * @param min smallest value seen in training
 * @param max largest value seen in training
 * @param invalid {@code NaN}: the value where nothing is known
 */
public record MetricMap(String unit, double min, double max, String invalid) implements HeadKind {
  /** As it is called in a bundle. */
  public static final String NAME = "metric_map";

  /** Checks unit and range. */
  public MetricMap {
    oneOf("unit", unit, "m");
    oneOf("invalid", invalid, "NaN");
    if (!(min >= 0 && max > min && max < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "range must have 0 <= min < max, got " + min + " and " + max);
    }
  }

  /** A range in metres with NaN for unknown. */
  public static MetricMap metres(double min, double max) {
    return new MetricMap("m", min, max, "NaN");
  }

  /** Whether a value is one that can be: finite and more than 0. */
  public static boolean isKnown(float value) {
    return value > 0 && value < Float.POSITIVE_INFINITY;
  }

  private static void oneOf(String what, String value, String only) {
    if (!only.equals(value)) {
      throw new IllegalArgumentException(
          what + " must be " + only + ", got " + (value == null ? "none" : '"' + value + '"'));
    }
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.metricMap(this);
  }
}
