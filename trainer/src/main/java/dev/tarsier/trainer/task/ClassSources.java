package dev.tarsier.trainer.task;

import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.task.ClassMap;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What label files call the classes of a set: by id, by name or by colour. Immutable.
 *
 * @param ids what files of ids store for each class, by class id; empty where they store the class
 *     ids themselves
 * @param merges further names, ids and colours ({@code #RRGGBB}) in label files, each with the name
 *     of the class that it belongs to
 * @param ignored names, ids and colours in label files that belong to no class
 */
public record ClassSources(
    List<Integer> ids, SortedMap<String, String> merges, SortedSet<String> ignored) {
  /** Files store class ids, and have no other names for them. */
  static final ClassSources NONE = new ClassSources(List.of(), new TreeMap<>(), new TreeSet<>());

  /** What a label file has that the classes do not know. */
  static final int UNKNOWN = -1;

  /** Copies; colours are written alike. */
  public ClassSources {
    ids = List.copyOf(ids);
    SortedMap<String, String> keys = new TreeMap<>();
    merges.forEach((from, to) -> keys.put(key(from), to));
    merges = Collections.unmodifiableSortedMap(keys);
    SortedSet<String> none = new TreeSet<>();
    ignored.forEach(each -> none.add(key(each)));
    ignored = Collections.unmodifiableSortedSet(none);
  }

  /** The same without what is said of numbers. */
  ClassSources withoutNumbers() {
    SortedMap<String, String> named = new TreeMap<>(merges);
    named.keySet().removeIf(ClassSources::isNumber);
    SortedSet<String> none = new TreeSet<>(ignored);
    none.removeIf(ClassSources::isNumber);
    return new ClassSources(List.of(), named, none);
  }

  private static boolean isNumber(String key) {
    return key.matches("\\d+");
  }

  private static String key(String said) {
    return said.matches("#[0-9A-Fa-f]{6}") ? said.toUpperCase(Locale.ROOT) : said;
  }

  /**
   * Checks that everything in label files has one meaning.
   *
   * @param names of the classes by id
   * @throws IllegalArgumentException if it has none or two
   */
  void check(List<String> names) {
    if (!ids.isEmpty() && ids.size() != names.size()) {
      throw new IllegalArgumentException(
          "ids must be one for each class, got %d for %d classes"
              .formatted(ids.size(), names.size()));
    }
    Map<Integer, String> seen = new HashMap<>();
    for (int i = 0; i < ids.size(); i++) {
      int id = ids.get(i);
      if (id < 0 || id > 65535 || id == ClassMap.USUAL_IGNORE_ID) {
        throw new IllegalArgumentException(
            "ids must be 0 to 65535 without 255, which is ignored; '%s' has %d"
                .formatted(names.get(i), id));
      }
      String other = seen.put(id, names.get(i));
      if (other != null) {
        throw new IllegalArgumentException(
            "'%s' and '%s' have one id, %d".formatted(other, names.get(i), id));
      }
    }
    if (ids.isEmpty()) {
      requireNoOwnIds(names);
    }
    for (Map.Entry<String, String> each : merges.entrySet()) {
      if (!names.contains(each.getValue())) {
        throw new IllegalArgumentException(
            "merges: '%s' shall be '%s', which is no class%s"
                .formatted(
                    each.getKey(),
                    each.getValue(),
                    NearestName.question(each.getValue(), names)
                        .orElse("; the classes are " + String.join(", ", names))));
      }
      requireFree("merges", each.getKey(), names, seen);
      if (ignored.contains(each.getKey())) {
        throw new IllegalArgumentException(
            "'%s' is both merged and ignored; leave one of the two out".formatted(each.getKey()));
      }
    }
    ignored.forEach(each -> requireFree("ignored", each, names, seen));
  }

  /** The first class's number in files where nobody says ids: 1 where 0 is ignored, else 0. */
  int firstId() {
    return ignored.contains("0") ? 1 : 0;
  }

  /** Without ids, files store them one after the other: no such number can mean something else. */
  private void requireNoOwnIds(List<String> names) {
    for (String key : Stream.concat(merges.keySet().stream(), ignored.stream()).toList()) {
      int id = key.matches("\\d{1,5}") ? Integer.parseInt(key) - firstId() : names.size();
      if (id >= 0 && id < names.size()) {
        throw new IllegalArgumentException(
            "%s is the id of '%s', as nobody says which ids files store; give them: ids: %s"
                .formatted(
                    key, names.get(id), IntStream.rangeClosed(1, names.size()).boxed().toList()));
      }
    }
  }

  private static void requireFree(
      String where, String key, List<String> names, Map<Integer, String> ids) {
    if (names.contains(key)) {
      throw new IllegalArgumentException("%s: '%s' is a class itself".formatted(where, key));
    }
    String holder = key.matches("\\d{1,5}") ? ids.get(Integer.valueOf(key)) : null;
    if (holder != null) {
      throw new IllegalArgumentException(
          "%s: %s is the id of class '%s'".formatted(where, key, holder));
    }
  }
}
