package dev.tarsier.ros.doctor;

import java.util.Objects;

/**
 * One thing that was looked for.
 *
 * @param group heading it stands under, such as {@code ROS}
 * @param name of the thing, such as {@code rosbag}
 * @param verdict what was found
 * @param value what was found in words: a version, a size, or what is wrong
 * @param purpose what it is good for; empty where it is OK
 * @param remedy how to get it; empty where it is OK
 */
public record Finding(
    String group, String name, Verdict verdict, String value, String purpose, String remedy) {
  /** Checks that nothing is left open. */
  public Finding {
    Objects.requireNonNull(group, "group");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(value, "value");
    if (verdict != Verdict.OK && (purpose.isBlank() || remedy.isBlank())) {
      throw new IllegalArgumentException(
          name + " must say what it is for and how to get it when it is " + verdict);
    }
  }

  /** Something that is there and works. */
  public static Finding ok(String group, String name, String value) {
    return new Finding(group, name, Verdict.OK, value, "", "");
  }

  /** Something that the default path does not need. */
  public static Finding missing(
      String group, String name, String value, String purpose, String remedy) {
    return new Finding(group, name, Verdict.MISSING, value, purpose, remedy);
  }

  /** Something that the default path needs. */
  public static Finding broken(
      String group, String name, String value, String purpose, String remedy) {
    return new Finding(group, name, Verdict.BROKEN, value, purpose, remedy);
  }
}
