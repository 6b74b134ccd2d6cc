package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.RosException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * What a node's command line and environment say about its place in the graph.
 *
 * <p>{@code name:=value} remaps a topic, {@code _name:=value} sets a private parameter (the value
 * is YAML: {@code 3} is a number, {@code true} a truth value), and {@code __name __ns __master __ip
 * __hostname __log} name the node, its namespace, the master's URI, this machine's address and the
 * log file. From the environment: ROS_NAMESPACE, ROS_MASTER_URI, ROS_IP, ROS_HOSTNAME; the command
 * line wins.
 *
 * @param baseName the node's name without its namespace
 * @param namespace such as {@code /robot1}; {@code /} for the root
 * @param masterUri such as {@code http://localhost:11311}
 * @param host the address other nodes are told; empty to find one
 * @param logFile where the node is to write its log
 * @param remappings from name to name, unresolved
 * @param privateParameters to set on the master, by name without {@code ~}
 * @param remaining arguments that are none of ROS's, in order
 */
public record RosArguments(
    String baseName,
    String namespace,
    String masterUri,
    Optional<String> host,
    Optional<Path> logFile,
    Map<String, String> remappings,
    Map<String, Object> privateParameters,
    List<String> remaining) {
  private static final String ASSIGN = ":=";
  private static final Set<String> SPECIAL =
      Set.of("__name", "__ns", "__master", "__ip", "__hostname", "__log");

  /** Copies the collections. */
  public RosArguments {
    remappings = Map.copyOf(remappings);
    privateParameters = Map.copyOf(privateParameters);
    remaining = List.copyOf(remaining);
  }

  /**
   * A node that is set up by a program: no remappings, root namespace.
   *
   * @param baseName the node's name
   * @param masterUri such as {@code http://127.0.0.1:11311}
   * @param host the address other nodes are told, such as {@code 127.0.0.1}
   */
  public static RosArguments of(String baseName, String masterUri, String host) {
    return new RosArguments(
        baseName,
        "/",
        masterUri,
        Optional.of(host),
        Optional.empty(),
        Map.of(),
        Map.of(),
        List.of());
  }

  /**
   * Reads a command line.
   *
   * @param arguments Not modified.
   * @param environment such as {@link System#getenv()}. Not modified.
   * @param defaultName the node's name where the command line gives none
   * @throws RosException where a value cannot be understood
   */
  public static RosArguments parse(
      String[] arguments, Map<String, String> environment, String defaultName) {
    Map<String, String> special = new LinkedHashMap<>();
    Map<String, String> remappings = new LinkedHashMap<>();
    Map<String, Object> parameters = new LinkedHashMap<>();
    List<String> remaining = new ArrayList<>();
    for (String argument : arguments) {
      int at = argument.indexOf(ASSIGN);
      if (at <= 0) {
        remaining.add(argument);
        continue;
      }
      String key = argument.substring(0, at);
      String value = argument.substring(at + ASSIGN.length());
      if (key.startsWith("__")) {
        if (!SPECIAL.contains(key)) {
          throw new RosException(
              "unknown argument '" + argument + "'; known are " + String.join(" ", sorted()));
        }
        special.put(key, value);
      } else if (key.startsWith("_")) {
        parameters.put(key.substring(1), value(argument, value));
      } else {
        remappings.put(key, value);
      }
    }
    return new RosArguments(
        special.getOrDefault("__name", defaultName),
        pick(special.get("__ns"), environment.get("ROS_NAMESPACE")).orElse("/"),
        pick(special.get("__master"), environment.get("ROS_MASTER_URI"))
            .orElse("http://localhost:11311"),
        pick(special.get("__hostname"), special.get("__ip"))
            .or(() -> pick(environment.get("ROS_HOSTNAME"), environment.get("ROS_IP"))),
        pick(special.get("__log"), null).map(Path::of),
        remappings,
        parameters,
        remaining);
  }

  /** How the names of this node resolve. */
  public Names names() {
    return new Names(namespace, baseName, remappings);
  }

  private static List<String> sorted() {
    return SPECIAL.stream().sorted().toList();
  }

  private static Optional<String> pick(String first, String second) {
    return Optional.ofNullable(first)
        .filter(value -> !value.isBlank())
        .or(() -> Optional.ofNullable(second).filter(value -> !value.isBlank()));
  }

  /**
   * A value as rosparam reads it: YAML 1.1, so that {@code yes} is a truth value; what XML-RPC
   * cannot carry stays text.
   *
   * @param argument what the user gave, for messages
   * @param value of it
   * @throws RosException where it is no YAML
   */
  public static Object value(String argument, String value) {
    try {
      Object read = new Yaml(new SafeConstructor(new LoaderOptions())).load(value);
      // "plugin:" is text to whoever types it, and a key without a value to YAML.
      return read instanceof Map<?, ?> members && members.containsValue(null)
          ? value
          : carried(read, value);
    } catch (YAMLException e) {
      throw new RosException("the value of '" + argument + "' is not YAML; quote it", e);
    }
  }

  private static Object carried(Object read, String text) {
    if (read instanceof List<?> items) {
      return items.stream().map(item -> carried(item, String.valueOf(item))).toList();
    }
    if (read instanceof Map<?, ?> members) {
      Map<String, Object> copy = new LinkedHashMap<>();
      members.forEach(
          (key, member) -> copy.put(String.valueOf(key), carried(member, String.valueOf(member))));
      return copy;
    }
    boolean fits =
        read instanceof Integer
            || read instanceof Boolean
            || read instanceof Double
            || read instanceof String
            || read instanceof byte[];
    return fits ? read : text;
  }
}
