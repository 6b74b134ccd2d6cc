package dev.tarsier.ros.ros1.graph;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Bounds a whole exchange over a connection, by closing it: a socket's own timeout bounds only one
 * wait, and a peer that sends a byte a second never meets that one.
 */
public final class Deadline {
  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private Deadline() {}

  /**
   * Reads and writes of one exchange.
   *
   * @param <T> what comes of it
   */
  @FunctionalInterface
  public interface Exchange<T> {
    /** Runs on the caller's thread. */
    T run() throws IOException;
  }

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "tarsier-deadlines");
              thread.setDaemon(true);
              return thread;
            });
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /**
   * Runs an exchange, and closes its connection where it takes too long.
   *
   * @param connection what the exchange blocks on
   * @param limit from now on
   * @param what names the exchange, for the message
   * @param exchange ends with an IOException once its connection is closed
   * @throws IOException of the exchange, or that it was not done in time
   */
  public static <T> T within(
      Closeable connection, Duration limit, String what, Exchange<T> exchange) throws IOException {
    AtomicBoolean passed = new AtomicBoolean();
    ScheduledFuture<?> end =
        TIMER.schedule(() -> pass(connection, passed), limit.toNanos(), TimeUnit.NANOSECONDS);
    try {
      return exchange.run();
    } catch (IOException e) {
      if (passed.get()) {
        throw new IOException(what + " was not done in " + limit.toMillis() / 1000.0 + " s", e);
      }
      throw e;
    } finally {
      end.cancel(false);
    }
  }

  private static void pass(Closeable connection, AtomicBoolean passed) {
    passed.set(true);
    try {
      connection.close();
    } catch (IOException e) {
      // it was to be closed, and nobody uses it any more
    }
  }
}
