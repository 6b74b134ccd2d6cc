package dev.tarsier.ros.cli;

import dev.tarsier.ros.ros1.graph.RosArguments;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes {@code _telemetry/password:=…} out of a command line, so that it is not set on the master,
 * where everybody could read it.
 *
 * @param password as it was given; empty where it was not
 * @param others all other arguments, in order
 */
record PasswordArgument(Optional<Object> password, List<String> others) {
  private static final Logger LOG = LoggerFactory.getLogger(PasswordArgument.class);
  private static final String KEY = "telemetry/password";

  /**
   * Separates it from the others, and warns where it is there.
   *
   * @param arguments of the command line. Not modified.
   * @throws dev.tarsier.ros.port.RosException when its value is not YAML
   */
  public static PasswordArgument takenFrom(List<String> arguments) {
    List<String> others = new ArrayList<>();
    Optional<Object> password = Optional.empty();
    for (String each : arguments) {
      if (each.startsWith("_" + KEY + ":=")) {
        Object value =
            RosArguments.parse(new String[] {each}, Map.of(), "any").privateParameters().get(KEY);
        password = Optional.of(value);
        LOG.warn(
            "The password in _{} is readable by every user of this machine (ps); use"
                + " _telemetry/password_file or the environment variable TARSIER_MQTT_PASSWORD",
            KEY);
      } else {
        others.add(each);
      }
    }
    return new PasswordArgument(password, List.copyOf(others));
  }
}
