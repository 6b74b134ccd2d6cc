package dev.tarsier.trainer.cli;

import dev.tarsier.trainer.run.StopSignal;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** While it is open, Ctrl-C lets a training write its checkpoint before the process ends. */
final class InterruptHook implements AutoCloseable {
  /** How long an interrupt waits for the step in progress and its checkpoint. */
  private static final long PATIENCE_SECONDS = 120;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final StopSignal stop;
  private final Thread hook;

  private InterruptHook(StopSignal stop) {
    this.stop = stop;
    hook = new Thread(this::awaitEnd, "stop-training");
  }

  /**
   * Listens from now on.
   *
   * @param stop is asked to stop
   */
  static InterruptHook on(StopSignal stop) {
    InterruptHook made = new InterruptHook(stop);
    Runtime.getRuntime().addShutdownHook(made.hook);
    return made;
  }

  private void awaitEnd() {
    stop.stop();
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("the step in progress did not end; the last checkpoint stands");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, which is what the hook was for.
    }
  }
}
