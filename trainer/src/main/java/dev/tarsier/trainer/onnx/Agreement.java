package dev.tarsier.trainer.onnx;

import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How well a bundle's network gives what the network gave as it came, picture by picture. */
final class Agreement {
  /** Ids must be the same on this share of all pixels. */
  static final double LEAST_SAME = 0.999;

  /** Values may differ by this share of their picture's range, at any pixel. */
  static final double MOST_OFF = 1e-3;

  /** Pixels that were compared, ids that are the same, and the largest difference of values. */
  private static final class Count {
    long pixels;
    long same;
    double off;
  }

  private final Map<Head, Count> counts = new LinkedHashMap<>();
  private int pictures;

  Agreement(List<Head> heads) {
    heads.forEach(head -> counts.put(head, new Count()));
  }

  /**
   * Compares one picture.
   *
   * @param wanted by the head's id. Not modified.
   * @param given by the head's id. Not modified.
   */
  void add(Map<String, Plane> wanted, Map<String, Plane> given) {
    pictures++;
    counts.forEach((head, count) -> add(count, wanted.get(head.id()), given.get(head.id())));
  }

  private static void add(Count count, Plane wanted, Plane given) {
    int pixels = wanted.width() * wanted.height();
    count.pixels += pixels;
    if (wanted.isIds()) {
      for (int i = 0; i < pixels; i++) {
        count.same += wanted.ids().get(i) == given.ids().get(i) ? 1 : 0;
      }
      return;
    }
    float[] values = wanted.valueArray();
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (float each : values) {
      least = Float.isFinite(each) ? Math.min(least, each) : least;
      most = Float.isFinite(each) ? Math.max(most, each) : most;
    }
    double range = most > least ? most - least : 1;
    for (int i = 0; i < pixels; i++) {
      float here = given.values().get(i);
      if (Float.compare(values[i], here) != 0) { // what is no number on both sides is the same
        double off = Math.abs((double) here - values[i]) / range;
        count.off = Math.max(count.off, Double.isNaN(off) ? Double.POSITIVE_INFINITY : off);
      }
    }
  }

  private static double same(Count count) {
    return (double) count.same / count.pixels;
  }

  /** Whether the two give the same. */
  boolean passes() {
    return counts.entrySet().stream()
        .allMatch(
            each ->
                each.getKey().kind().isIds()
                    ? same(each.getValue()) >= LEAST_SAME
                    : each.getValue().off <= MOST_OFF);
  }

  /** The figures by name, for a bundle. */
  Map<String, Double> values() {
    Map<String, Double> values = new TreeMap<>();
    values.put("pictures", (double) pictures);
    counts.forEach(
        (head, count) -> {
          if (head.kind().isIds()) {
            values.put(head.id() + ".agreement", same(count));
          } else {
            values.put(head.id() + ".max_of_range", count.off);
          }
        });
    return values;
  }

  @Override
  public String toString() {
    return "%d pictures: %s"
        .formatted(
            pictures,
            counts.entrySet().stream()
                .map(each -> words(each.getKey(), each.getValue()))
                .collect(Collectors.joining(", ")));
  }

  private static String words(Head head, Count count) {
    return head.kind().isIds()
        ? String.format(
            Locale.ROOT,
            "%s is the same on %.4f %% of the pixels (at least %.1f)",
            head.id(),
            100 * same(count),
            100 * LEAST_SAME)
        : String.format(
            Locale.ROOT,
            "%s differs by at most %.1e of its range (at most %.0e)",
            head.id(),
            count.off,
            MOST_OFF);
  }
}
