package dev.tarsier.trainer.cli;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.training.TrainingException;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Model.CommandSpec;

/** While a command trains, Ctrl-C lets it write its checkpoint before the process ends. */
final class InterruptHook {
  /** The exit code of a command that was stopped before its end; it can be continued. */
  static final int STOPPED = 130;

  /** How long an interrupt waits for the step in progress and its checkpoint. */
  private static final long PATIENCE_SECONDS = 120;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final StopSignal stop = new StopSignal();
  private final Thread hook = new Thread(this::awaitEnd, "stop-training");

  private InterruptHook() {}

  /** What a command does, until it is asked to stop; gives the exit code. */
  interface Work {
    int run(StopSignal stop) throws IOException, ExportException, InterruptedException;
  }

  /**
   * Does what a command is for.
   *
   * @param command that is told of what a user can mend
   * @return the exit code
   */
  static int run(CommandSpec command, Work work) throws InterruptedException {
    InterruptHook made = new InterruptHook();
    Runtime.getRuntime().addShutdownHook(made.hook);
    try {
      return withoutWaiting(command, work, made.stop);
    } finally {
      made.end();
    }
  }

  /**
   * Does what a command is for whose work is whole or not at all: an interrupt ends it at once.
   *
   * @param command that is told of what a user can mend
   * @return the exit code
   */
  static int withoutWaiting(CommandSpec command, Work work) throws InterruptedException {
    return withoutWaiting(command, work, new StopSignal());
  }

  private static int withoutWaiting(CommandSpec command, Work work, StopSignal stop)
      throws InterruptedException {
    try {
      return work.run(stop);
    } catch (ConfigException | DataException | IllegalArgumentException e) {
      return RobotCommands.fail(command, e, RobotCommands.CANNOT_RUN);
    } catch (IOException | ExportException | TrainingException e) {
      return RobotCommands.fail(command, e, RobotCommands.NOT_AS_DEMANDED);
    }
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

  private void end() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, which is what the hook was for.
    }
  }
}
