package dev.tarsier.trainer.run;

import java.util.concurrent.atomic.AtomicBoolean;

/** Asks a run to stop after the step it is in, leaving a checkpoint. Any thread. */
public final class StopSignal {
  private final AtomicBoolean asked = new AtomicBoolean();

  /** Asks. */
  public void stop() {
    asked.set(true);
  }

  /** Whether it was asked. */
  public boolean asked() {
    return asked.get();
  }
}
