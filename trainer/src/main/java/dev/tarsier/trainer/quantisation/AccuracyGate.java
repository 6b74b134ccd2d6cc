package dev.tarsier.trainer.quantisation;

import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How much worse a quantised network may be than the float one it was made of. Each output is
 * judged by the first figure of {@link Metrics} on the first data that has it.
 *
 * @param maxMiouLost points of mIoU, 0 to 100, that an output of classes may lose
 * @param maxPercentLost percent of the float network's figure that any other output may be worse by
 */
public record AccuracyGate(double maxMiouLost, double maxPercentLost) {
  /**
   * The figures of both networks on some data.
   *
   * @param data name of it
   * @param frames how many
   * @param protocol what the figures' definitions are
   * @param before of the float network
   * @param after of the quantised network
   */
  public record Compared(
      String data,
      int frames,
      String protocol,
      Map<String, Double> before,
      Map<String, Double> after) {}

  /**
   * What an output lost.
   *
   * @param metric its figure
   * @param data on what
   * @param before of the float network
   * @param after of the quantised network
   * @param lost points of mIoU, or percent; negative where it is better
   * @param most that may be lost
   * @param points whether it is points
   */
  public record Loss(
      String metric,
      String data,
      double before,
      double after,
      double lost,
      double most,
      boolean points) {
    /** Whether it is within what may be lost; a figure that is no number is not. */
    public boolean passes() {
      return lost <= most;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s on %s %.4f → %.4f (%s %.2f %s, at most %s)",
          metric,
          data,
          before,
          after,
          lost > 0 ? "lost" : "gained",
          Math.abs(lost),
          points ? "points" : "%",
          most);
    }
  }

  /**
   * Judges.
   *
   * @param heads of the network, in order
   * @param compared data after data. Not modified.
   * @return a loss for each head that was measured
   */
  public List<Loss> judge(List<Head> heads, List<Compared> compared) {
    List<Loss> losses = new ArrayList<>();
    for (Head head : heads) {
      Metric metric = Metrics.of(head).get(0);
      Optional<Compared> first =
          compared.stream().filter(each -> each.before().containsKey(metric.name())).findFirst();
      if (first.isPresent()) {
        losses.add(loss(head, metric, first.get()));
      }
    }
    return losses;
  }

  private Loss loss(Head head, Metric metric, Compared on) {
    double before = on.before().get(metric.name());
    double after = on.after().getOrDefault(metric.name(), Double.NaN);
    double worse = metric.better() == Metric.Better.HIGHER ? before - after : after - before;
    boolean points = head.kind() instanceof ClassMap;
    double lost = points ? 100 * worse : 100 * worse / Math.abs(before);
    return new Loss(
        metric.name(),
        on.data(),
        before,
        after,
        worse == 0 ? 0 : lost,
        points ? maxMiouLost : maxPercentLost,
        points);
  }
}
