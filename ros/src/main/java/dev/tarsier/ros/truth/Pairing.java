package dev.tarsier.ros.truth;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * Which truth belongs to which image, for replay and for training: the nearest in time that is not
 * beyond a tolerance; of two as near the one that came first. Replay gives a truth to every image
 * whose nearest it is, so that depth at 10 Hz judges images at 30 Hz. Training gives it to one
 * image alone, since a frame with its neighbour's depth would teach what is not so.
 *
 * @param toleranceNanos largest difference of times, ≥ 0
 */
public record Pairing(long toleranceNanos) {
  /**
   * The nearest of those that are at hand.
   *
   * @param nanos the image's time
   * @param those in the order in which they came. Not modified.
   * @param timeOf gives the time of one
   */
  <T> Optional<T> nearest(long nanos, Iterable<T> those, ToLongFunction<T> timeOf) {
    T best = null;
    long least = Long.MAX_VALUE;
    for (T each : those) {
      long apart = Math.abs(timeOf.applyAsLong(each) - nanos);
      if (apart <= toleranceNanos && apart < least) {
        best = each;
        least = apart;
      }
    }
    return Optional.ofNullable(best);
  }

  /**
   * For each image which of the truths belongs to it: its nearest, where the image is also the
   * nearest to that one.
   *
   * @param images times, in the order in which they came. Not modified.
   * @param truths times, in the order in which they came. Not modified.
   * @return a place in {@code truths} for each image; −1 where none belongs to it
   */
  public int[] exclusive(long[] images, long[] truths) {
    int[] truthOf = nearest(images, truths);
    int[] imageOf = nearest(truths, images);
    for (int i = 0; i < truthOf.length; i++) {
      if (truthOf[i] >= 0 && imageOf[truthOf[i]] != i) {
        truthOf[i] = -1;
      }
    }
    return truthOf;
  }

  /** For each time which of the others is nearest; −1 where none is within the tolerance. */
  private int[] nearest(long[] times, long[] others) {
    int[] order =
        IntStream.range(0, others.length)
            .boxed()
            .sorted(Comparator.comparingLong(i -> others[i])) // stable: the first of equals leads
            .mapToInt(Integer::intValue)
            .toArray();
    long[] sorted = Arrays.stream(order).mapToLong(i -> others[i]).toArray();
    int[] found = new int[times.length];
    for (int i = 0; i < times.length; i++) {
      int after = first(sorted, times[i]);
      int best = after < sorted.length ? order[after] : -1;
      if (after > 0) {
        int before = order[first(sorted, sorted[after - 1])];
        if (best < 0 || isNearer(before, best, times[i], others)) {
          best = before;
        }
      }
      found[i] = best >= 0 && Math.abs(others[best] - times[i]) <= toleranceNanos ? best : -1;
    }
    return found;
  }

  private static boolean isNearer(int a, int b, long nanos, long[] times) {
    long difference = Math.abs(times[a] - nanos) - Math.abs(times[b] - nanos);
    return difference < 0 || (difference == 0 && a < b);
  }

  /** The first place that is not before a time. */
  private static int first(long[] sorted, long nanos) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < nanos) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
