package dev.tarsier.ros.replay;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Messages that cannot be used: the first of each role, which stands for the others. Any thread, of
 * one role one.
 */
final class Troubles {
  private final Map<String, Trouble> byRole = new ConcurrentHashMap<>();

  private record Trouble(long message, String sentence) {}

  /**
   * Takes a message that cannot be used.
   *
   * @param message its number in the bag
   * @param role what it is of
   * @param why it cannot be used
   */
  void add(long message, String role, RuntimeException why) {
    byRole.putIfAbsent(
        role,
        new Trouble(
            message, "Some %s messages cannot be used: %s.".formatted(role, why.getMessage())));
  }

  /** In the order of the bag, whichever thread met it first. */
  List<String> sentences() {
    return byRole.values().stream()
        .sorted(Comparator.comparingLong(Trouble::message))
        .map(Trouble::sentence)
        .toList();
  }
}
