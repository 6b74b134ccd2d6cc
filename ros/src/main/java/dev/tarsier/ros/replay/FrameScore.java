package dev.tarsier.ros.replay;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How far one frame's outputs are from its truth.
 *
 * @param values by metric; empty where nothing was judged
 * @param badness the first head's error, or where no head has one what the first accuracy lacks of
 *     1; −1 where nothing was judged
 */
record FrameScore(Map<String, Double> values, double badness) {
  /** In words; empty where nothing was judged. */
  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(each -> String.format(Locale.ROOT, "%s %.2f", each.getKey(), each.getValue()))
        .collect(Collectors.joining(" · "));
  }
}
