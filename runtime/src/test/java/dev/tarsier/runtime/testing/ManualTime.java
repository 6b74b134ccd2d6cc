package dev.tarsier.runtime.testing;

import dev.tarsier.runtime.pipeline.TimeSource;
import java.util.concurrent.atomic.AtomicLong;

/** Clocks that stand still until a test moves them. */
public final class ManualTime implements TimeSource {
  /** The epoch time at the start. */
  public static final long EPOCH = 1_700_000_000_000_000_000L;

  private final AtomicLong nanos = new AtomicLong();

  /** Lets both clocks run on. */
  public void advanceMillis(long millis) {
    nanos.addAndGet(millis * 1_000_000);
  }

  @Override
  public long monotonicNanos() {
    return nanos.get();
  }

  @Override
  public long epochNanos() {
    return EPOCH + nanos.get();
  }
}
