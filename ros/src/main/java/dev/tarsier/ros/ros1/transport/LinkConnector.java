package dev.tarsier.ros.ros1.transport;

import dev.tarsier.ros.ros1.graph.SupervisedThreads;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Connects a node's links to their publishers, and asks publishers that are silent, on a few
 * threads: thousands of publishers that do not answer cost time, not threads. The more wait, the
 * longer each one's pause, so that the attempts of a second stay bounded. Any thread may call.
 */
final class LinkConnector {
  /** Attempts at once. */
  static final int THREADS = 8;

  /** What each waiting link adds to the others' pauses: at most 50 attempts a second. */
  private static final long PAUSE_PER_LINK_MILLIS = 20;

  private final SupervisedThreads supervised;
  private final DelayQueue<Due> waiting = new DelayQueue<>();
  private final AtomicInteger threads = new AtomicInteger();
  private final AtomicInteger busy = new AtomicInteger();
  private volatile boolean closed;

  LinkConnector(SupervisedThreads supervised) {
    this.supervised = supervised;
  }

  private record Due(long atNanos, Runnable work) implements Delayed {
    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(atNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return other instanceof Due due
          ? Long.signum(atNanos - due.atNanos)
          : Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }

  /**
   * Connects a link later.
   *
   * @param pauseMillis 0 for a link that has not been tried
   */
  void connect(PublisherLink link, long pauseMillis) {
    long pause = pauseMillis == 0 ? 0 : pauseMillis + PAUSE_PER_LINK_MILLIS * waiting.size();
    run(link::connect, pause);
  }

  /** Asks a link's publisher whether it still has the connection. */
  void doubt(PublisherLink link) {
    run(link::doubt, 0);
  }

  private void run(Runnable work, long pauseMillis) {
    if (closed) {
      return;
    }
    waiting.add(new Due(System.nanoTime() + pauseMillis * 1_000_000, work));
    // a thread more only where those there are have work
    int now = threads.get();
    if (now < THREADS && busy.get() >= now && threads.compareAndSet(now, now + 1)) {
      try {
        supervised.keep("connect", this::work);
      } catch (RuntimeException e) {
        threads.decrementAndGet();
        if (now == 0) {
          throw e;
        }
      }
    }
  }

  private void work() {
    try {
      while (!closed) {
        Due next = waiting.take();
        busy.incrementAndGet();
        try {
          next.work().run();
        } finally {
          busy.decrementAndGet();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Drops what waits; what runs ends by its own deadlines. */
  void close() {
    closed = true;
    waiting.clear();
    for (int i = 0; i < THREADS; i++) {
      waiting.add(new Due(System.nanoTime(), () -> {}));
    }
  }
}
