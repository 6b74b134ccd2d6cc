package dev.tarsier.ros.ros1.graph;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The file descriptors of this process, of which peers may take a part only: a process without any
 * left cannot load its own classes, and what fails to load once is lost for good.
 */
public final class Descriptors {
  private Descriptors() {}

  /**
   * How many connections of a kind may be open.
   *
   * @param wanted where there are descriptors enough
   * @param part of all descriptors that they may take at most, such as 8 for an eighth
   * @return at least 1
   */
  public static int atMost(int wanted, int part) {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? (int) Math.max(1, Math.min(wanted, system.getMaxFileDescriptorCount() / part))
        : wanted;
  }
}
