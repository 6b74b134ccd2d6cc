package dev.tarsier.runtime.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A robot's name as it stands in topic names: letters, digits, {@code . _ -}, at most 64. */
public final class RobotName {
  private static final int LONGEST = 64;

  private RobotName() {}

  /**
   * The name with everything that an MQTT topic level or a file name cannot hold ({@code +}, {@code
   * #}, {@code /}, spaces, control characters …) replaced by {@code _}.
   *
   * @param wanted any text
   * @return never empty; {@code robot} where nothing is left
   */
  public static String sanitised(String wanted) {
    String name = wanted.strip().replaceAll("[^A-Za-z0-9._-]+", "_");
    name = name.length() > LONGEST ? name.substring(0, LONGEST) : name;
    return name.replace("_", "").isEmpty() ? "robot" : name;
  }

  /** This machine's host name, sanitised. Asks no name server where the system already knows it. */
  public static String ofThisMachine() {
    return sanitised(
        Stream.<Supplier<String>>of(
                RobotName::environmentName, RobotName::kernelName, RobotName::resolverName)
            .map(Supplier::get)
            .filter(name -> !name.isBlank())
            .findFirst()
            .orElse(""));
  }

  private static String environmentName() {
    return System.getenv().getOrDefault("HOSTNAME", "");
  }

  private static String kernelName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return "";
    }
  }

  private static String resolverName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "";
    }
  }
}
