package dev.tarsier.runtime.natives;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The environment that native libraries read with {@code getenv}. Java can read it but not change
 * it, and some libraries can be told only there what they must not do. The launchers set these
 * variables; this is for everybody who uses the product as a library.
 *
 * <p>Call before the library in question loads. {@code setenv} is not safe beside a native thread
 * that reads the environment at the same time, so call early, and for as little as needed: a value
 * that is there already costs nothing.
 */
public final class ProcessEnvironment {
  /** What was set here; {@code System.getenv} does not show it. */
  private static final Map<String, String> SET = new ConcurrentHashMap<>();

  private ProcessEnvironment() {}

  /**
   * Sets a variable that the user has not set. Any thread; any number of times.
   *
   * @param name of the variable, such as {@code ORT_DISABLE_TELEMETRY}
   * @param value not null
   * @return the value that native libraries now see: the user's own where there is one
   * @throws IllegalStateException when the variable cannot be set; says how to set it by hand
   */
  public static synchronized String setIfAbsent(String name, String value) {
    String present = get(name);
    if (present != null && !present.isBlank()) {
      return present;
    }
    String byHand = "; start the process with " + name + "=" + value + " in its environment";
    try {
      if (CLibrary.load().setenv(name, value, 1) != 0) {
        throw new IllegalStateException(name + " cannot be set" + byHand);
      }
    } catch (LinkageError | IOException e) {
      throw new IllegalStateException(name + " cannot be set: " + e.getMessage() + byHand, e);
    }
    SET.put(name, value);
    return value;
  }

  /** What native libraries see in a variable; null when it is not set. Any thread. */
  public static String get(String name) {
    String set = SET.get(name);
    return set != null ? set : System.getenv(name);
  }
}
