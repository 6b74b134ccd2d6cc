package dev.tarsier.ros.truth;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The truths of one topic around the present, to find the one nearest to an image by its stamp.
 * Messages of different topics are recorded in any order, so an image waits until its truth cannot
 * come any more. One owner thread.
 */
public final class TruthWindow {
  /** A truth that is recorded later than this after its image is not waited for. */
  static final long PATIENCE_NANOS = 3_000_000_000L;

  private static final int MOST = 64;
  private static final int MOST_MISSED = 100_000;

  /** Together, so that large images do not fill the memory; two are always kept. */
  private static final long MOST_PIXELS =
      Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 32);

  private final Pairing pairing;
  private final ArrayDeque<Truth> held = new ArrayDeque<>();
  private long pixels;
  private long newestStamp = Long.MIN_VALUE;
  private long newestReceive = Long.MIN_VALUE;

  /** Images that found no truth, when they were recorded by stamp. */
  private final TreeMap<Long, Long> missed = new TreeMap<>();

  private long late;
  private long longestLagNanos;

  /**
   * @param toleranceNanos largest difference to an image
   */
  public TruthWindow(long toleranceNanos) {
    this.pairing = new Pairing(toleranceNanos);
  }

  /** Takes a truth, in recorded order. */
  public void add(Truth truth) {
    held.addLast(truth);
    newestStamp = truth.stampNanos();
    newestReceive = truth.receiveNanos();
    seeWhoMissed(truth);
    pixels += pixels(truth);
    while (held.size() > MOST || (held.size() > 2 && pixels > MOST_PIXELS)) {
      pixels -= pixels(held.removeFirst());
    }
  }

  /**
   * Whether no later message can hold a nearer truth. Where stamps go back once, what was recorded
   * before says nothing of what comes.
   *
   * @param nowNanos receive time of the newest message of the bag
   */
  public boolean isDecided(long stampNanos, long receiveNanos, long nowNanos) {
    return nowNanos - receiveNanos > PATIENCE_NANOS
        || (newestStamp >= stampNanos && newestReceive >= receiveNanos)
        || held.stream().anyMatch(truth -> truth.stampNanos() == stampNanos);
  }

  /** An image is judged without a truth; one that comes yet is told by {@link #late}. */
  public void missed(long stampNanos, long receiveNanos) {
    if (missed.size() < MOST_MISSED) {
      missed.put(stampNanos, receiveNanos);
    }
  }

  private void seeWhoMissed(Truth truth) {
    Map.Entry<Long, Long> image =
        missed.ceilingEntry(truth.stampNanos() - pairing.toleranceNanos());
    if (image != null && image.getKey() <= truth.stampNanos() + pairing.toleranceNanos()) {
      late++;
      longestLagNanos = Math.max(longestLagNanos, truth.receiveNanos() - image.getValue());
      missed.remove(image.getKey());
    }
  }

  /** Truths that came after their images had been judged without. */
  public long late() {
    return late;
  }

  /** How long after its image the latest of those was recorded. */
  public long longestLagNanos() {
    return longestLagNanos;
  }

  /** The nearest truth within the tolerance. */
  public Optional<Truth> nearest(long stampNanos) {
    return pairing.nearest(stampNanos, held, Truth::stampNanos);
  }

  /** Lets go of what images from a receive time on cannot want. */
  public void forgetBefore(long receiveNanos) {
    while (!held.isEmpty()
        && held.peekFirst().receiveNanos()
            < receiveNanos - PATIENCE_NANOS - pairing.toleranceNanos()) {
      pixels -= pixels(held.removeFirst());
    }
  }

  private static long pixels(Truth truth) {
    return (long) truth.width() * truth.height();
  }
}
