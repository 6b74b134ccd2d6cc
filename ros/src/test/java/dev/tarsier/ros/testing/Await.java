package dev.tarsier.ros.testing;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for what another thread or process does, up to a deadline. */
public final class Await {
  private static final long STEP_NANOS = 2_000_000;

  private Await() {}

  /**
   * Returns as soon as the condition holds; fails after 30 s, which is far more than anything
   * waited for takes, even on a busy machine.
   *
   * @param what for the failure's message
   * @param condition asked every few milliseconds
   */
  public static void until(String what, Callable<Boolean> condition) throws Exception {
    until(what, Duration.ofSeconds(30), condition);
  }

  /**
   * Returns as soon as the condition holds; fails at the deadline.
   *
   * @param what for the failure's message
   * @param limit how long to wait
   * @param condition asked every few milliseconds
   */
  public static void until(String what, Duration limit, Callable<Boolean> condition)
      throws Exception {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited " + limit.toSeconds() + " s in vain: " + what);
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
  }
}
