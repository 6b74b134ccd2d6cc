package dev.tarsier.ros.bag;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Damaged places, each once, in the order of meeting. Of a file that is damaged all over the first
 * ones are kept and the others not even counted. One owner thread.
 */
final class DamageList {
  private static final int MOST = 1000;

  private final Set<BagDamage> all = new LinkedHashSet<>();

  void add(BagDamage damage) {
    if (all.size() < MOST) {
      all.add(damage);
    }
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  List<BagDamage> all() {
    return List.copyOf(all);
  }
}
