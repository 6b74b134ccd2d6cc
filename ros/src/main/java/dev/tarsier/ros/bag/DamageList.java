package dev.tarsier.ros.bag;

import java.util.ArrayList;
import java.util.List;

/**
 * Damaged places, each once, in the order of meeting. Of a file that is damaged all over the first
 * ones are kept and the others not even counted. One owner thread.
 */
final class DamageList {
  private static final int MOST = 1000;

  private final List<BagDamage> all = new ArrayList<>();

  /** Adds a place; where the list says at least as much of it already, nothing happens. */
  void add(BagDamage damage) {
    for (int i = 0; i < all.size(); i++) {
      BagDamage there = all.get(i);
      if (there.offset() == damage.offset() && there.what().contains(damage.what())) {
        return;
      }
    }
    if (all.size() < MOST) {
      all.add(damage);
    }
  }

  /**
   * Adds what is wrong at a place first of all, in one sentence with what else is known of it: a
   * file that is cut off is one damage, however many ways it shows.
   */
  void addFirst(BagDamage damage) {
    for (int i = 0; i < all.size(); i++) {
      BagDamage there = all.get(i);
      if (there.offset() == damage.offset()) {
        all.remove(i);
        all.add(0, new BagDamage(damage.offset(), there.what() + "; " + damage.what()));
        return;
      }
    }
    all.add(0, damage);
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  List<BagDamage> all() {
    return List.copyOf(all);
  }
}
