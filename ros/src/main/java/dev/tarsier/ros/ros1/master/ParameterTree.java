package dev.tarsier.ros.ros1.master;

import dev.tarsier.ros.port.RosException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Parameters as a tree: a name's parts lead to a value, and a map is a branch. Not thread-safe. */
final class ParameterTree {
  private Map<String, Object> root = new LinkedHashMap<>();

  private static List<String> parts(String name) {
    List<String> parts = new ArrayList<>();
    for (String part : name.split("/")) {
      if (!part.isEmpty()) {
        parts.add(part);
      }
    }
    return parts;
  }

  Optional<Object> get(String name) {
    Object here = root;
    for (String part : parts(name)) {
      here = here instanceof Map<?, ?> branch ? branch.get(part) : null;
    }
    return Optional.ofNullable(here).map(ParameterTree::copy);
  }

  void set(String name, Object value) {
    List<String> parts = parts(name);
    if (parts.isEmpty()) {
      if (!(copy(value) instanceof Map<?, ?>)) {
        throw new RosException("the parameter '/' must be a map, got '" + value + "'");
      }
      root = branch(copy(value));
      return;
    }
    Map<String, Object> here = root;
    for (String part : parts.subList(0, parts.size() - 1)) {
      if (!(here.get(part) instanceof Map<?, ?>)) {
        here.put(part, new LinkedHashMap<String, Object>());
      }
      here = branch(here.get(part));
    }
    here.put(parts.get(parts.size() - 1), copy(value));
  }

  boolean delete(String name) {
    List<String> parts = parts(name);
    if (parts.isEmpty()) {
      return false;
    }
    Object here = root;
    for (String part : parts.subList(0, parts.size() - 1)) {
      here = here instanceof Map<?, ?> branch ? branch.get(part) : null;
    }
    return here instanceof Map<?, ?> branch && branch.remove(parts.get(parts.size() - 1)) != null;
  }

  /** Full names of all leaves. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    collect("", root, names);
    return names;
  }

  private static void collect(String prefix, Map<String, Object> branch, List<String> names) {
    branch.forEach(
        (key, value) -> {
          String name = prefix + "/" + key;
          if (value instanceof Map<?, ?> below && !below.isEmpty()) {
            collect(name, branch(value), names);
          } else {
            names.add(name);
          }
        });
  }

  /** As rosmaster searches: the first part of the name, in the namespace and upwards. */
  Optional<String> search(String namespace, String name) {
    if (name.startsWith("/")) {
      return get(name).map(value -> name);
    }
    List<String> key = parts(name);
    if (key.isEmpty()) {
      return Optional.empty();
    }
    List<String> scope = parts(namespace);
    for (int depth = scope.size(); depth >= 0; depth--) {
      String prefix = depth == 0 ? "" : "/" + String.join("/", scope.subList(0, depth));
      if (get(prefix + "/" + key.get(0)).isPresent()) {
        return Optional.of(prefix + "/" + String.join("/", key));
      }
    }
    return Optional.empty();
  }

  /** Branches are copied, so that nobody holds a part of the tree. */
  private static Object copy(Object value) {
    if (value instanceof Map<?, ?> members) {
      Map<String, Object> copy = new LinkedHashMap<>();
      members.forEach((key, member) -> copy.put(String.valueOf(key), copy(member)));
      return copy;
    }
    return value;
  }

  @SuppressWarnings("unchecked") // every map in the tree was made by copy()
  private static Map<String, Object> branch(Object value) {
    return (Map<String, Object>) value;
  }
}
