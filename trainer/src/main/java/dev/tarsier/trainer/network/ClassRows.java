package dev.tarsier.trainer.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which of another head's classes a head's classes are, so that what was learned of a class goes
 * with its name and not with its place.
 *
 * @param from for each class of the head the place of the same one in the other; −1 for none
 * @param others how many classes the other head has
 */
public record ClassRows(List<Integer> from, int others) {
  /** Copies, and checks the places. */
  public ClassRows {
    from = List.copyOf(from);
    for (int row : from) {
      if (row < -1 || row >= others) {
        throw new IllegalArgumentException("no place %d among %d classes".formatted(row, others));
      }
    }
  }

  /**
   * By names, in any case, with spaces, hyphens and underscores alike.
   *
   * @param own the head's classes in their order
   * @param others the other head's
   */
  public static ClassRows byName(List<String> own, List<String> others) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < others.size(); i++) {
      places.putIfAbsent(plain(others.get(i)), i);
    }
    List<Integer> from = new ArrayList<>();
    own.forEach(name -> from.add(places.getOrDefault(plain(name), -1)));
    return new ClassRows(from, others.size());
  }

  private static String plain(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", " ");
  }

  /** How many classes the other head has too. */
  public long known() {
    return from.stream().filter(row -> row >= 0).count();
  }

  /**
   * A tensor of the head with the rows of the other's for the classes that it has.
   *
   * @param own [classes, …]. Not modified.
   * @param other [other classes, …]. Not modified.
   * @return null if they are no such tensors
   */
  Tensor merged(Tensor own, Tensor other) {
    int rank = own.shape().size();
    if (rank == 0
        || other.shape().size() != rank
        || own.shape().get(0) != from.size()
        || other.shape().get(0) != others
        || !own.shape().subList(1, rank).equals(other.shape().subList(1, rank))) {
      return null;
    }
    float[] values = own.values().clone();
    int row = values.length / from.size();
    for (int i = 0; i < from.size(); i++) {
      if (from.get(i) >= 0) {
        System.arraycopy(other.values(), from.get(i) * row, values, i * row, row);
      }
    }
    return new Tensor(own.shape(), values);
  }
}
