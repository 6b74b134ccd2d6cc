package dev.tarsier.ros.ros1.graph;

/** Bytes that many connections may hold together. Any thread may call. */
final class ByteBudget {
  private final long limit;
  private long taken;

  ByteBudget(long limit) {
    this.limit = limit;
  }

  /** Takes bytes. @return false where there are not as many left; none are taken then */
  synchronized boolean take(long bytes) {
    if (bytes > 0 && taken + bytes > limit) {
      return false;
    }
    taken += bytes;
    return true;
  }

  synchronized void giveBack(long bytes) {
    taken -= bytes;
  }
}
