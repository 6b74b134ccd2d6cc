package dev.tarsier.ros.ros1.graph;

import dev.tarsier.ros.port.FaultListener;
import dev.tarsier.ros.port.RosException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one node or master: daemons whose end by an exception or error is logged and told
 * to the listeners as a fault, and of which those that must not end are started again. Any thread
 * may call.
 */
public final class SupervisedThreads {
  private static final Logger LOG = LoggerFactory.getLogger(SupervisedThreads.class);
  private static final long RESTART_MILLIS = 500;

  /** How long a fault is shown after it last happened. */
  private static final long SHOWN_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final String owner;
  private final List<FaultListener> listeners = new CopyOnWriteArrayList<>();

  // guarded by this: when each fault last happened, and what
  private final Map<String, Fault> faults = new LinkedHashMap<>();

  private record Fault(long nanos, String reason) {}

  /**
   * No threads yet.
   *
   * @param owner the node's name
   */
  public SupervisedThreads(String owner) {
    this.owner = owner;
  }

  /** Adds a listener; it is told of the faults that are shown now. */
  public void listen(FaultListener listener) {
    listeners.add(listener);
    Map<String, Fault> now;
    synchronized (this) {
      now = Map.copyOf(faults);
    }
    now.forEach((key, fault) -> listener.raised(key, fault.reason()));
  }

  /**
   * Starts a thread that serves one peer or one task. Where it ends by a throwable, that is a
   * fault; the task itself cleans up.
   *
   * @param purpose one of a few words, the fault's key
   * @throws RosException where the machine gives no thread
   */
  public Thread start(String purpose, Runnable task) {
    return begin(
        purpose,
        () -> {
          try {
            task.run();
          } catch (Throwable e) { // an error too: nothing else would hear of it
            failed(purpose, e, "what it served is closed");
          }
        });
  }

  /**
   * Starts a thread that must not end: a task that throws is run again after a pause, until it
   * returns.
   *
   * @param purpose the fault's key
   * @throws RosException where the machine gives no thread
   */
  public Thread keep(String purpose, Runnable task) {
    return begin(
        purpose,
        () -> {
          while (true) {
            try {
              task.run();
              return;
            } catch (Throwable e) { // an error too: the thread goes on
              failed(purpose, e, "it was started again");
            }
            try {
              TimeUnit.MILLISECONDS.sleep(RESTART_MILLIS);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              return;
            }
          }
        });
  }

  private Thread begin(String purpose, Runnable body) {
    Thread thread = new Thread(body, owner + " " + purpose);
    thread.setDaemon(true);
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      // the machine's limit of threads; the heap is not what is out
      throw new RosException(
          owner + " is given no thread for " + purpose + ": " + e.getMessage(), e);
    }
    return thread;
  }

  private void failed(String purpose, Throwable e, String then) {
    try {
      fault(purpose, "thread '" + purpose + "' ended with " + Excerpt.of(e) + "; " + then, e);
    } catch (Throwable second) { // out of memory, most likely: the thread still must not end by it
      LOG.error("{}: the end of thread {} could not be told", owner, purpose);
    }
  }

  /** Tells of a fault; the log has it once while it is shown. */
  private void fault(String key, String reason, Throwable e) {
    boolean fresh;
    synchronized (this) {
      Fault before = faults.put(key, new Fault(System.nanoTime(), reason));
      fresh = before == null || !before.reason().equals(reason);
    }
    if (fresh) {
      LOG.error("{}: {}", owner, reason, e);
      listeners.forEach(listener -> listener.raised(key, reason));
    }
  }

  /** Clears faults that have not happened for a while; to be called about once a second. */
  public void review() {
    review(System.nanoTime());
  }

  void review(long nowNanos) {
    List<String> over;
    synchronized (this) {
      if (faults.isEmpty()) {
        return;
      }
      over =
          faults.entrySet().stream()
              .filter(fault -> nowNanos - fault.getValue().nanos() > SHOWN_NANOS)
              .map(Map.Entry::getKey)
              .toList();
      over.forEach(faults::remove);
    }
    over.forEach(key -> listeners.forEach(listener -> listener.cleared(key)));
  }
}
