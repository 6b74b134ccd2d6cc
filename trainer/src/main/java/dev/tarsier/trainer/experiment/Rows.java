package dev.tarsier.trainer.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A study's rows by name, and what its variants make of them: {@code UMMT-x4-fine} is the row
 * {@code UMMT} with the variants {@code x4} and {@code fine}.
 */
final class Rows {
  private final Map<String, Study.Row> written = new LinkedHashMap<>();
  private final Map<String, Study.Variant> variants;
  private final List<String> order;

  Rows(Collection<Study.Row> rows, Map<String, Study.Variant> variants) {
    this.variants = variants;
    order = List.copyOf(variants.keySet());
    rows.forEach(this::add);
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException if there is one of that name
   */
  void add(Study.Row row) {
    if (written.putIfAbsent(row.name(), row) != null) {
      throw new IllegalArgumentException("there are two rows called '%s'".formatted(row.name()));
    }
  }

  /**
   * Checks that no row's name says what a variant makes of another.
   *
   * @throws IllegalArgumentException if one does
   */
  void requireNamesOfTheirOwn() {
    for (String name : written.keySet()) {
      stems(name).stream()
          .skip(1)
          .filter(written::containsKey)
          .findFirst()
          .ifPresent(
              row -> {
                throw new IllegalArgumentException(
                    "row %s has the name of what variants make of row %s; leave it out or call it something else"
                        .formatted(name, row));
              });
    }
  }

  /** The rows that the study says, in its order. */
  List<Study.Row> written() {
    return List.copyOf(written.values());
  }

  /** Whether there is such a row, said or made. */
  boolean has(String name) {
    return split(name).filter(parts -> problem(parts).isEmpty()).isPresent();
  }

  /**
   * A row, said or made.
   *
   * @param what asks for it, the beginning of a message
   * @throws IllegalArgumentException if there is none of that name; the message names the nearest
   */
  Study.Row get(String name, String what) {
    Parts parts = split(name).orElseThrow(() -> unknown(name, what));
    problem(parts)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException("%s '%s'; %s".formatted(what, name, problem));
            });
    Study.Row row = written.get(parts.row());
    String note = "as " + parts.row();
    for (String variant : parts.variants()) {
      row = variants.get(variant).of(row, variant, note);
      note = row.note();
    }
    return row;
  }

  /** The study's order; what variants make comes after what is said, variant by variant. */
  Comparator<Study.Row> inOrder() {
    List<String> names = List.copyOf(written.keySet());
    return Comparator.comparing((Study.Row row) -> places(row.name()), Arrays::compare)
        .thenComparing(row -> names.indexOf(split(row.name()).orElseThrow().row()));
  }

  /**
   * A name in its parts.
   *
   * @param row that the study says
   * @param variants that are to be made of it, as written
   */
  private record Parts(String row, List<String> variants) {}

  private Optional<Parts> split(String name) {
    return stems(name).stream()
        .filter(written::containsKey)
        .findFirst()
        .map(row -> new Parts(row, variantsIn(name.substring(row.length()))));
  }

  /** The name, and what is left of it as variants are taken off its end one by one. */
  private List<String> stems(String name) {
    List<String> stems = new ArrayList<>(List.of(name));
    int dash = name.lastIndexOf('-');
    while (dash > 0 && variants.containsKey(stems.get(stems.size() - 1).substring(dash + 1))) {
      stems.add(name.substring(0, dash));
      dash = name.lastIndexOf('-', dash - 1);
    }
    return stems;
  }

  private static List<String> variantsIn(String end) {
    return end.isEmpty() ? List.of() : List.of(end.substring(1).split("-"));
  }

  /** Why these variants cannot be put together so: the same ones shall have one name. */
  private Optional<String> problem(Parts parts) {
    Map<String, String> changed = new LinkedHashMap<>();
    for (String name : parts.variants()) {
      for (String key : variants.get(name).keys()) {
        String before = changed.put(key, name);
        if (before != null) {
          return Optional.of(
              before.equals(name)
                  ? "variant %s is there twice".formatted(name)
                  : "variants %s and %s both change %s; leave one out"
                      .formatted(before, name, key));
        }
      }
    }
    List<String> sorted =
        parts.variants().stream().sorted(Comparator.comparing(order::indexOf)).toList();
    return sorted.equals(parts.variants())
        ? Optional.empty()
        : Optional.of("write %s-%s".formatted(parts.row(), String.join("-", sorted)));
  }

  private int[] places(String name) {
    return split(name).orElseThrow().variants().stream().mapToInt(order::indexOf).toArray();
  }

  private IllegalArgumentException unknown(String name, String what) {
    List<String> stems = stems(name);
    String rest = stems.get(stems.size() - 1);
    String end = name.substring(rest.length());
    Set<String> near = new HashSet<>();
    written.keySet().forEach(row -> near.add(row + end));
    int dash = rest.lastIndexOf('-');
    if (dash > 0) {
      String before = rest.substring(0, dash + 1);
      order.forEach(variant -> near.add(before + variant + end));
    }
    near.removeIf(each -> !has(each));
    String message = Study.unknown(written.keySet(), near, name, what);
    return new IllegalArgumentException(
        order.isEmpty()
            ? message
            : "%s; each of them also with -%s after its name"
                .formatted(message, String.join(", -", order)));
  }
}
