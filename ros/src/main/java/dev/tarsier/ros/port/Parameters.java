package dev.tarsier.ros.port;

import java.util.Optional;

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
   * Removes a value and what is below it.
   *
   * @param name such as {@code ~rate}
   * @return whether it was set
   */
  boolean delete(String name);
}
