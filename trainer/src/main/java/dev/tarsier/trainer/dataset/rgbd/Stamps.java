package dev.tarsier.trainer.dataset.rgbd;

import dev.tarsier.trainer.dataset.DataException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Matches files by the stamps that they are named by. Stateless. */
final class Stamps {
  private static final Pattern NANOSECONDS = Pattern.compile("\\d{16,19}");
  private static final Pattern SECONDS = Pattern.compile("\\d{1,10}[._]\\d{1,9}");
  private static final double NANOS_A_SECOND = 1e9;

  private Stamps() {}

  /**
   * A name's stamp in nanoseconds: whole nanoseconds, or seconds and their decimals after a dot or,
   * as nine digits, after an underscore.
   *
   * @throws DataException if it is none
   */
  static long nanos(String name) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    if (NANOSECONDS.matcher(last).matches()) {
      return Long.parseLong(last);
    }
    if (SECONDS.matcher(last).matches()) {
      return new BigDecimal(last.replace('_', '.')).movePointRight(9).longValue();
    }
    throw new DataException(
        "'%s' is no stamp such as 1403715273262142976 or 1403715273.262143; leave tolerance out to match by name"
            .formatted(name));
  }

  /**
   * For each of some stamps the nearest of the others, each taken once, the nearest pairs first.
   *
   * @param of Not modified.
   * @param others Not modified.
   * @param tolerance seconds
   * @return places in {@code others}; −1 where none is near enough
   */
  static int[] nearest(long[] of, long[] others, double tolerance) {
    Integer[] byTime = new Integer[others.length];
    Arrays.setAll(byTime, i -> i);
    Arrays.sort(byTime, Comparator.comparingLong(i -> others[i]));
    long[] sorted = Arrays.stream(byTime).mapToLong(i -> others[i]).toArray();
    record Pair(int one, int other, long apart) {}
    List<Pair> pairs = new ArrayList<>();
    long most = (long) (tolerance * NANOS_A_SECOND);
    for (int i = 0; i < of.length; i++) {
      int at = Arrays.binarySearch(sorted, of[i]);
      int first = at < 0 ? -at - 1 : at;
      for (int k = Math.max(0, first - 1); k < sorted.length && k <= first + 1; k++) {
        long apart = Math.abs(sorted[k] - of[i]);
        if (apart <= most) {
          pairs.add(new Pair(i, byTime[k], apart));
        }
      }
    }
    pairs.sort(Comparator.comparingLong(Pair::apart));
    int[] found = new int[of.length];
    Arrays.fill(found, -1);
    boolean[] taken = new boolean[others.length];
    for (Pair each : pairs) {
      if (found[each.one()] < 0 && !taken[each.other()]) {
        found[each.one()] = each.other();
        taken[each.other()] = true;
      }
    }
    return found;
  }
}
