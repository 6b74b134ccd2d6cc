package dev.tarsier.ros.node;

import java.util.List;

/**
 * Notices images of several coordinate frames that alternate, as of two cameras on one topic. One
 * thread at a time writes, any reads.
 */
final class FrameIds {
  /** There and back and there again; a camera that was replaced changes but once. */
  private static final int CHANGES = 3;

  private static final long WINDOW_NANOS = 10_000_000_000L;

  private final long[] changedNanos = new long[CHANGES];
  private long changes;
  private String current = "";
  private String before = "";
  private boolean any;

  /** An image came; costs a comparison where its frame is that of the one before. */
  synchronized void saw(String frameId, long nowNanos) {
    if (any && !frameId.equals(current)) {
      before = current;
      changedNanos[(int) (changes++ % CHANGES)] = nowNanos;
    }
    current = frameId;
    any = true;
  }

  /** The two that alternate, sorted; empty where there is one. */
  synchronized List<String> alternating(long nowNanos) {
    if (changes < CHANGES || nowNanos - changedNanos[(int) (changes % CHANGES)] > WINDOW_NANOS) {
      return List.of();
    }
    return List.of(before, current).stream().sorted().toList();
  }
}
