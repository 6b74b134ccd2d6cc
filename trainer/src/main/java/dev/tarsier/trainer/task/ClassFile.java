package dev.tarsier.trainer.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.task.ClassMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Classes of pixels as a file or a recipe says them. The sets that are known by name are such files
 * too.
 *
 * @param name of the set
 * @param names by class id; null where {@code classes} has them
 * @param colors by class id, {@code #RRGGBB}; chosen where null
 * @param labelFolder where a folder in NYU's layout keeps their labels; {@code labels} where null
 * @param ids what files of ids store, by class id; null for the class ids themselves
 * @param merges further names, ids and colours in label files, each with the class that it becomes
 * @param ignored names, ids and colours in label files that are no class
 * @param ignoreId an id in label files that is no class; 255 is none in any case
 * @param source whose classes they are, for people; the set's name where null
 * @param indoors whether they are of scenes indoors, else of streets; null where that is not known
 * @param classes the same one by one; null where {@code names} has them
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ClassFile(
    // Those that there were before are written in any case: recipes keep their hashes.
    @JsonInclude(JsonInclude.Include.ALWAYS) String name,
    @JsonInclude(JsonInclude.Include.ALWAYS) List<String> names,
    @JsonInclude(JsonInclude.Include.ALWAYS) List<String> colors,
    @JsonInclude(JsonInclude.Include.ALWAYS) String labelFolder,
    List<Integer> ids,
    Map<String, String> merges,
    List<JsonNode> ignored,
    Integer ignoreId,
    String source,
    Boolean indoors,
    List<Entry> classes) {
  /**
   * A class.
   *
   * @param name its name
   * @param id what files of ids store for it; its place, from 0, where no class has one
   * @param color {@code #RRGGBB}; chosen where no class has one
   * @param merges names, ids and colours in label files that become it
   */
  record Entry(String name, Integer id, String color, List<JsonNode> merges) {}

  /**
   * A user's own classes, from a file.
   *
   * @throws ConfigException if it cannot be read or says what cannot be; the message names it
   */
  static ClassSet read(Path file) {
    ClassFile said = StrictYaml.read(file, ClassFile.class);
    try {
      return ClassSet.own(said.set());
    } catch (IllegalArgumentException e) {
      throw new ConfigException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** What {@link #set} makes the same classes of. */
  static ClassFile of(ClassSet set) {
    ClassSources sources = set.sources();
    return new ClassFile(
        set.id(),
        set.names(),
        IntStream.range(0, set.size()).mapToObj(set::color).toList(),
        set.labelFolder(),
        sources.ids().isEmpty() ? null : sources.ids(),
        sources.merges().isEmpty() ? null : sources.merges(),
        sources.ignored().isEmpty()
            ? null
            : sources.ignored().stream().<JsonNode>map(TextNode::valueOf).toList(),
        null,
        set.source().equals(set.id()) ? null : set.source(),
        set.indoors(),
        null);
  }

  /**
   * The classes.
   *
   * @throws IllegalArgumentException if they cannot be; the message names the key
   */
  ClassSet set() {
    if (name == null || !name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException(
          "name must be letters, digits, dots, dashes and underscores, got '%s'".formatted(name));
    }
    if (classes != null) {
      return flat().set();
    }
    if (names == null) {
      throw new IllegalArgumentException("names is missing; list the classes by id, from 0");
    }
    if (names.contains(null)) {
      throw new IllegalArgumentException("names has an empty entry; give each class a name");
    }
    List<Integer> packed = new ArrayList<>();
    for (int id = 0; id < (colors == null ? names.size() : colors.size()); id++) {
      packed.add(colors == null ? ClassSet.distinctColor(id) : packed(colors.get(id)));
    }
    TreeSet<String> dropped = new TreeSet<>();
    for (JsonNode each : ignored == null ? List.<JsonNode>of() : ignored) {
      dropped.add(key("ignored", each));
    }
    if (ignoreId != null && ignoreId != ClassMap.USUAL_IGNORE_ID) {
      dropped.add(Integer.toString(ignoreId));
    }
    return new ClassSet(
        name,
        names,
        packed,
        labelFolder == null ? "labels" : labelFolder,
        source == null ? name : source,
        indoors,
        new TreeMap<>(),
        new ClassSources(
            ids == null ? List.of() : ids,
            merges == null ? new TreeMap<>() : new TreeMap<>(merges),
            dropped));
  }

  /** The same with a list for each of what its classes say one by one. */
  private ClassFile flat() {
    if (names != null || colors != null || ids != null) {
      throw new IllegalArgumentException(
          "classes says all of each class; leave names, colors and ids out");
    }
    Map<String, String> all = new TreeMap<>(merges == null ? Map.of() : merges);
    for (Entry each : classes) {
      if (each.name() == null) {
        throw new IllegalArgumentException("a class of classes has no name");
      }
      for (JsonNode merged : each.merges() == null ? List.<JsonNode>of() : each.merges()) {
        String key = key("merges of " + each.name(), merged);
        String before = all.put(key, each.name());
        if (before != null && !before.equals(each.name())) {
          throw new IllegalArgumentException(
              "merges: '%s' shall be both '%s' and '%s'".formatted(key, before, each.name()));
        }
      }
    }
    return new ClassFile(
        name,
        classes.stream().map(Entry::name).toList(),
        allOrNone("color", classes.stream().map(Entry::color).toList()),
        labelFolder,
        allOrNone("id", classes.stream().map(Entry::id).toList()),
        all,
        ignored,
        ignoreId,
        source,
        indoors,
        null);
  }

  /** What each class has; null where none has it. */
  private <T> List<T> allOrNone(String key, List<T> values) {
    if (values.stream().allMatch(value -> value == null)) {
      return null;
    }
    int missing = values.indexOf(null);
    if (missing >= 0) {
      throw new IllegalArgumentException(
          "class '%s' has no %s, others have; give each one or none"
              .formatted(classes.get(missing).name(), key));
    }
    return values;
  }

  private static String key(String where, JsonNode said) {
    if (said == null || !(said.isTextual() || said instanceof IntNode)) {
      throw new IllegalArgumentException(
          "%s must be names, ids or colours such as '#1F77B4', got %s".formatted(where, said));
    }
    return said.asText();
  }

  private static int packed(String color) {
    if (color == null || !color.matches("#[0-9A-Fa-f]{6}")) {
      throw new IllegalArgumentException(
          "colors must be like '#1F77B4', got '%s'".formatted(color));
    }
    return Integer.parseInt(color.substring(1), 16);
  }
}
