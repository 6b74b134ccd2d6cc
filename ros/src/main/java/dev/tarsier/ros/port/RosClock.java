package dev.tarsier.ros.port;

/**
 * ROS time: the machine's clock, or {@code /clock} where {@code /use_sim_time} is true on the
 * master. Any thread may call.
 */
public interface RosClock {
  /** Whether time comes from {@code /clock}. */
  boolean simulated();

  /** Nanoseconds since the epoch; 0 while simulated time has not begun. */
  long nowNanos();
}
