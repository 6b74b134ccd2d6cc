package dev.tarsier.trainer.experiment;

import java.util.Map;

/**
 * Δm: by how much a row is better than a baseline, the mean over all metrics, in percent:
 *
 * <pre>
 *   Δm = 100/|M| Σ_m (−1)^l_m (M_m − B_m) / B_m,   l_m = 1 where lower is better, else 0
 * </pre>
 *
 * (Maninis, Radosavovic and Kokkinos, "Attentive Single-Tasking of Multiple Tasks", 2019, eq. 4;
 * Nakano et al., "Cross-Task Consistency Learning Framework for Multi-Task Learning", eq. 17). The
 * baseline is most often networks of one task each.
 */
final class DeltaM {
  private DeltaM() {}

  /**
   * Δm in percent.
   *
   * @param baseline B by metric. Not modified.
   * @param values M by metric. Not modified.
   * @return NaN where a metric of the baseline is missing or 0, or the baseline has none
   */
  static double of(Map<Column, Double> baseline, Map<Column, Double> values) {
    double sum = 0;
    for (Map.Entry<Column, Double> each : baseline.entrySet()) {
      double base = each.getValue();
      double value = values.getOrDefault(each.getKey(), Double.NaN);
      double gain = base == 0 ? Double.NaN : (value - base) / base;
      sum += each.getKey().higherIsBetter() ? gain : -gain;
    }
    return 100 * sum / baseline.size();
  }
}
