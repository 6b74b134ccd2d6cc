package dev.tarsier.ros.ros1.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The machine's time between two looks at it. */
class MachineClockTest {
  private static long system() {
    Instant now = Instant.now();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }

  @Test
  void isTheSystemsTimeAtOnceAndMuchLater() throws InterruptedException {
    MachineClock clock = new MachineClock();
    for (int i = 0; i < 15; i++) {
      long before = system();
      long said = clock.nowNanos();
      long after = system();
      // The steady clock and the system's differ by what adjusts the latter, far below a
      // millisecond.
      assertThat(said).isBetween(before - 1_000_000, after + 1_000_000);
      TimeUnit.MILLISECONDS.sleep(20);
    }
    assertThat(clock.simulated()).isFalse();
  }
}
