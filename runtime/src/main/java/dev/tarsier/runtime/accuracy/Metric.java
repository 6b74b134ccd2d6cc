package dev.tarsier.runtime.accuracy;

/**
 * A figure that tells how good outputs are. It is spelled the same in logs, reports, gates, recipes
 * and tables.
 *
 * @param name such as {@code depth.rmse}: the head's id, a dot, and the figure
 * @param head id of the head that it is of; empty where it is of none, such as a rate
 * @param unit such as {@code m}; empty for a ratio
 * @param better which direction is good
 * @param protocol how it is computed, in one sentence
 */
public record Metric(String name, String head, String unit, Better better, String protocol) {
  /** The direction in which a figure is good. */
  public enum Better {
    /** Errors, latencies, drops. */
    LOWER,
    /** Accuracies, rates. */
    HIGHER,
    /** Best at a value in between, such as a scale of 1. */
    NEITHER
  }
}
