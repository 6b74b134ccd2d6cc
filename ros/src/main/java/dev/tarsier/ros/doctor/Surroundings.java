package dev.tarsier.ros.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Where the doctor looks.
 *
 * @param environment variables by name. Not modified.
 * @param home Tarsier's folder
 * @param model the bundle to verify, as a user names it
 * @param broker MQTT broker to call, such as {@code tcp://localhost:1883}
 * @param patience longest wait for each answer from outside this process
 */
public record Surroundings(
    Map<String, String> environment, Path home, String model, String broker, Duration patience) {
  /** Copies the environment. */
  public Surroundings {
    environment = Map.copyOf(environment);
  }

  /** A variable's value; none where it is unset or blank. */
  public Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /**
   * Finds a program.
   *
   * @param name of an executable on the PATH
   */
  public Optional<Path> program(String name) {
    return Arrays.stream(variable("PATH").orElse("").split(":"))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
