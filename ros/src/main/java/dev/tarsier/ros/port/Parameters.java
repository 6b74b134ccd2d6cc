package dev.tarsier.ros.port;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The master's parameters as one node sees them. Names are resolved as topics are: {@code /global},
 * {@code relative}, {@code ~private}. Values are Integer, Boolean, Double, String, byte[], {@code
 * List<Object>} and {@code Map<String, Object>}.
 *
 * <p>Each call asks the master and throws {@link RosException} where it cannot be reached. Any
 * thread may call.
 */
public interface Parameters {
  /**
   * Reads a value.
   *
   * @param name such as {@code ~rate}
   * @return its value; empty where it is not set
   */
  Optional<Object> get(String name);

  /**
   * Sets a value.
   *
   * @param name such as {@code ~rate}
   * @param value one of the types above. Not modified.
   */
  void set(String name, Object value);

  /**
   * Whether a value is set.
   *
   * @param name such as {@code ~rate}
   */
  boolean has(String name);

  /**
   * Removes a value and what is below it.
   *
   * @param name such as {@code ~rate}
   * @return whether it was set
   */
  boolean delete(String name);

  /**
   * Looks for a name in this node's namespace and then in each one above it.
   *
   * @param name such as {@code robot_description}
   * @return the full name of the nearest one
   */
  Optional<String> search(String name);

  /** The full names of all values on the master. */
  List<String> names();

  /**
   * Reads a value and follows it.
   *
   * @param name such as {@code ~rate}
   * @param onChange called with each later value on one of the node's own threads; a deleted
   *     parameter comes as an empty map, as the master tells it
   * @return its value now; empty where it is not set
   */
  Optional<Object> watch(String name, Consumer<Object> onChange);

  /**
   * Reads a whole number.
   *
   * @param name such as {@code ~threads}
   * @param otherwise where it is not set
   */
  default int getInt(String name, int otherwise) {
    Object value = get(name).orElse(otherwise);
    if (value instanceof Integer number) {
      return number;
    }
    if (value instanceof Double number && number == Math.rint(number)) {
      return number.intValue();
    }
    throw wrongType(name, "a whole number", value);
  }

  /**
   * Reads a number.
   *
   * @param name such as {@code ~rate}
   * @param otherwise where it is not set
   */
  default double getDouble(String name, double otherwise) {
    Object value = get(name).orElse(otherwise);
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw wrongType(name, "a number", value);
  }

  /**
   * Reads a truth value.
   *
   * @param name such as {@code ~compressed}
   * @param otherwise where it is not set
   */
  default boolean getBoolean(String name, boolean otherwise) {
    Object value = get(name).orElse(otherwise);
    if (value instanceof Boolean truth) {
      return truth;
    }
    throw wrongType(name, "true or false", value);
  }

  private static RosException wrongType(String name, String wanted, Object value) {
    return new RosException(
        "parameter %s must be %s, got %s '%s'"
            .formatted(name, wanted, value.getClass().getSimpleName(), value));
  }
}
