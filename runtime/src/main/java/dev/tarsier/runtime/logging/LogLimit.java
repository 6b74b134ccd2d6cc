package dev.tarsier.runtime.logging;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How often one source may say something: a first {@value #BURST} times at once, then once a
 * second; and all sources together {@value #TOTAL_BURST} times, then {@value #TOTAL_PER_SECOND}
 * times a second. What is left out is counted and said. A source is a logger and the beginning of
 * what it says, before values are filled in. Any thread.
 */
public final class LogLimit {
  static final int BURST = 20;
  static final int TOTAL_BURST = 500;
  static final int TOTAL_PER_SECOND = 50;

  private static final double SECOND = 1e9;
  private static final long QUIET_NANOS = 5_000_000_000L;
  private static final int SOURCES = 256;
  private static final int SOURCE_LENGTH = 80;

  private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true);
  private final Bucket total = new Bucket(TOTAL_BURST);

  /** Left out because of the total, or of sources that are no longer remembered. */
  private long others;

  private static final class Bucket {
    private double tokens;
    private long lastNanos;
    private boolean used;
    private long leftOut;

    Bucket(double tokens) {
      this.tokens = tokens;
    }

    boolean take(long nanos, double most, double perSecond) {
      if (used) {
        tokens = Math.min(most, tokens + (nanos - lastNanos) / SECOND * perSecond);
      }
      used = true;
      lastNanos = nanos;
      if (tokens < 1) {
        return false;
      }
      tokens--;
      return true;
    }
  }

  /**
   * Asks whether something may be said.
   *
   * @param logger its name
   * @param message before values are filled in
   * @param nanos now, of a clock that does not go back
   * @return how many like it were left out since the last that was said; -1 when this one is to be
   *     left out
   */
  public synchronized long admit(String logger, String message, long nanos) {
    String text = String.valueOf(message);
    String source = logger + ' ' + text.substring(0, Math.min(SOURCE_LENGTH, text.length()));
    Bucket bucket = buckets.get(source);
    if (bucket == null) {
      bucket = new Bucket(BURST);
      buckets.put(source, bucket);
      forgetOldest();
    }
    if (!bucket.take(nanos, BURST, 1)) {
      bucket.leftOut++;
      return -1;
    }
    if (!total.take(nanos, TOTAL_BURST, TOTAL_PER_SECOND)) {
      others++;
      return -1;
    }
    long before = bucket.leftOut;
    bucket.leftOut = 0;
    return before;
  }

  /** What was left out of one source, which has been quiet since. */
  public record LeftOut(String source, long count) {}

  /**
   * Takes what was left out and will not be told with a next line, since none came for 5 s.
   *
   * @param nanos as for {@link #admit}
   */
  public List<LeftOut> quiet(long nanos) {
    return take(nanos, QUIET_NANOS);
  }

  /** Takes all that was left out and not yet told. */
  public List<LeftOut> rest(long nanos) {
    return take(nanos, 0);
  }

  private synchronized List<LeftOut> take(long nanos, long quietNanos) {
    List<LeftOut> taken = new ArrayList<>();
    for (Map.Entry<String, Bucket> each : buckets.entrySet()) {
      Bucket bucket = each.getValue();
      if (bucket.leftOut > 0 && nanos - bucket.lastNanos >= quietNanos) {
        taken.add(new LeftOut(each.getKey(), bucket.leftOut));
        bucket.leftOut = 0;
      }
    }
    if (others > 0 && nanos - total.lastNanos >= quietNanos) {
      taken.add(new LeftOut("many sources", others));
      others = 0;
    }
    return taken;
  }

  private void forgetOldest() {
    if (buckets.size() > SOURCES) {
      Iterator<Bucket> oldest = buckets.values().iterator();
      others += oldest.next().leftOut;
      oldest.remove();
    }
  }
}
