package dev.tarsier.runtime.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A robot's name: any text of 1 to {@value #LONGEST} characters that is not only white space. It is
 * never changed, so that two names that differ stay different; what an MQTT topic cannot hold is
 * escaped where the topic is made.
 */
public final class RobotName {
  /** The most characters (Unicode code points) of a name. */
  public static final int LONGEST = 128;

  private static final int MOST_SHOWN = 40;

  private RobotName() {}

  /**
   * Checks a name.
   *
   * @param wanted any text
   * @return the same
   * @throws IllegalArgumentException when it is empty, too long or no valid Unicode
   */
  public static String checked(String wanted) {
    if (wanted.isBlank()) {
      throw new IllegalArgumentException(
          "robot must have a character that is not white space, got '" + wanted + "'");
    }
    int length = wanted.codePointCount(0, wanted.length());
    if (length > LONGEST) {
      throw new IllegalArgumentException(
          "robot must be at most %d characters, got %d: '%s…'"
              .formatted(
                  LONGEST, length, wanted.substring(0, wanted.offsetByCodePoints(0, MOST_SHOWN))));
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(wanted)) {
      throw new IllegalArgumentException("robot must be Unicode text, got half a character in it");
    }
    return wanted;
  }

  /** This machine's host name. Asks no name server where the system already knows it. */
  public static String ofThisMachine() {
    return Stream.<Supplier<String>>of(
            RobotName::environmentName, RobotName::kernelName, RobotName::resolverName)
        .map(Supplier::get)
        .filter(name -> !name.isBlank() && name.length() <= LONGEST)
        .findFirst()
        .orElse("robot");
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
