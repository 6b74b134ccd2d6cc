package dev.tarsier.ros.node;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** Makes what does something once in a while. Stateless. */
public final class Ticker {
  private Ticker() {}

  /**
   * One thread for what is scheduled, which does not keep the process alive.
   *
   * @param name of the thread
   * @return shut down by the caller
   */
  public static ScheduledExecutorService named(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        work -> {
          Thread thread = new Thread(work, name);
          thread.setDaemon(true);
          return thread;
        });
  }
}
