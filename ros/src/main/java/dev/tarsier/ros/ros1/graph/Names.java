package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.RosException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * How one node's names resolve: {@code /global} stands, {@code relative} goes below the namespace,
 * {@code ~private} below the node; then it is remapped. Immutable.
 */
public final class Names {
  private static final Pattern LEGAL = Pattern.compile("[A-Za-z~/][A-Za-z0-9_/]*");
  private static final Pattern LEGAL_BASE = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");

  private final String namespace;
  private final String node;
  private final Map<String, String> remappings;

  /**
   * The names of a node.
   *
   * @param namespace such as {@code /robot1}, or {@code /}
   * @param baseName the node's own name without its namespace
   * @param remappings from name to name, unresolved. Copied.
   * @throws RosException where a name is not legal
   */
  public Names(String namespace, String baseName, Map<String, String> remappings) {
    if (!LEGAL_BASE.matcher(baseName).matches()) {
      throw new RosException(
          "a node's name must be a letter, then letters, digits and '_', got '" + baseName + "'");
    }
    this.namespace = clean("/" + checked(namespace.isEmpty() ? "/" : namespace));
    this.node = clean(this.namespace + "/" + baseName);
    Map<String, String> resolved = new HashMap<>();
    remappings.forEach((from, to) -> resolved.put(expand(from), expand(to)));
    this.remappings = Map.copyOf(resolved);
  }

  /** The node's full name. */
  public String node() {
    return node;
  }

  /** The node's namespace, {@code /} for the root. */
  public String namespace() {
    return namespace;
  }

  /**
   * The full name of a topic or parameter, remapped.
   *
   * @param name such as {@code ~depth}
   * @throws RosException where the name is not legal
   */
  public String resolve(String name) {
    String full = expand(name);
    return remappings.getOrDefault(full, full);
  }

  private String expand(String name) {
    checked(name);
    if (name.startsWith("~")) {
      return clean(node + "/" + name.substring(1));
    }
    return clean(name.startsWith("/") ? name : namespace + "/" + name);
  }

  private static String checked(String name) {
    if (!LEGAL.matcher(name).matches()) {
      throw new RosException(
          "a ROS name must start with a letter, '/' or '~' and go on with letters, digits, '_' and"
              + " '/', got '"
              + name
              + "'");
    }
    return name;
  }

  /** One slash between parts, none at the end. */
  static String clean(String name) {
    String single = name.replaceAll("/{2,}", "/");
    return single.length() > 1 && single.endsWith("/")
        ? single.substring(0, single.length() - 1)
        : single;
  }
}
