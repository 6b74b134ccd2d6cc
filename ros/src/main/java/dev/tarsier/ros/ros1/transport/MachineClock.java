package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.port.RosClock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * This machine's time. It is looked at ten times a second; in between the steady clock counts on,
 * since {@link Instant#now} makes an object and frames ask several times.
 */
final class MachineClock implements RosClock {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A look at both clocks. */
  private record Look(long steadyNanos, long epochNanos) {
    static Look now() {
      long steady = System.nanoTime();
      Instant now = Instant.now();
      return new Look(steady, now.getEpochSecond() * 1_000_000_000L + now.getNano());
    }
  }

  private volatile Look last = Look.now();

  @Override
  public boolean simulated() {
    return false;
  }

  @Override
  public long nowNanos() {
    Look look = last;
    long since = System.nanoTime() - look.steadyNanos();
    if (since <= LOOK_NANOS) {
      return look.epochNanos() + since;
    }
    look = Look.now();
    last = look;
    return look.epochNanos();
  }
}
