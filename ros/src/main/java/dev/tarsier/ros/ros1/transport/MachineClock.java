package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.port.RosClock;
import java.time.Instant;

/** This machine's time. */
final class MachineClock implements RosClock {
  @Override
  public boolean simulated() {
    return false;
  }

  @Override
  public long nowNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }
}
