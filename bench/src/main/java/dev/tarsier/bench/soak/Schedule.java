package dev.tarsier.bench.soak;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What happens when: the same for the same length and seed. Every disturbance comes once in each
 * round, in an order of its own; those that {@linkplain Disturbance#isBeside go on beside} others
 * have a second line.
 *
 * @param totalSeconds of all of it, counted from the first output
 * @param warmUpSeconds at its beginning, in which memory may grow
 * @param lookSeconds how long the camera keeps one {@link Look}
 * @param quietSeconds at its end, in which nothing happens any more
 * @param events in the order of their beginning
 */
record Schedule(
    int totalSeconds, int warmUpSeconds, int lookSeconds, int quietSeconds, List<Event> events) {
  /** The shortest one in which everything happens once. */
  static final int LEAST_SECONDS = 120;

  private static final int QUIET_SECONDS = 10;
  private static final int SHORT_SECONDS = 300;

  /** As long as it usually takes. */
  private static final int HANG_SECONDS = 32;

  /**
   * Something that happens.
   *
   * @param atSeconds after the first output
   * @param what happens
   * @param seconds how long what is away stays away
   */
  record Event(int atSeconds, Disturbance what, int seconds) {
    @Override
    public String toString() {
      return "%d:%02d %s for %d s".formatted(atSeconds / 60, atSeconds % 60, what.words(), seconds);
    }
  }

  /**
   * A schedule.
   *
   * @param totalSeconds at least {@value #LEAST_SECONDS}
   * @param seed of the order and the durations
   */
  static Schedule of(int totalSeconds, long seed) {
    if (totalSeconds < LEAST_SECONDS) {
      throw new IllegalArgumentException(
          "a soak takes at least %d s, got %d".formatted(LEAST_SECONDS, totalSeconds));
    }
    boolean isShort = totalSeconds < SHORT_SECONDS;
    Random random = new Random(seed);
    int slot = isShort ? 12 : 20;
    List<Event> events = new ArrayList<>();
    List<Integer> alone = new ArrayList<>(); // slots in which nobody else may subscribe
    int slots = (totalSeconds - QUIET_SECONDS - 3) / slot;
    List<Disturbance> round = new ArrayList<>();
    for (int i = 0; i < slots; i++) {
      if (round.isEmpty()) {
        round.addAll(Stream.of(Disturbance.values()).filter(each -> !each.isBeside()).toList());
        Collections.shuffle(round, random);
      }
      Disturbance what = round.remove(round.size() - 1);
      events.add(new Event(3 + i * slot, what, 2 + random.nextInt(isShort ? 2 : 6)));
      if (what.isOfSubscribers()) {
        alone.add(i);
      }
    }
    boolean broker = true;
    for (int i = 0; i < slots; i++) {
      boolean mayStall = !alone.contains(i);
      boolean mayHang =
          !isShort && mayStall && !alone.contains(i + 1) && i + 2 < slots && i % 8 >= 6;
      if (mayHang) {
        events.add(new Event(4 + i * slot, Disturbance.SUBSCRIBER_HANGS, HANG_SECONDS));
        i++;
      } else if (broker || !mayStall) {
        events.add(new Event(4 + i * slot, Disturbance.BROKER_RESTARTS, 2 + random.nextInt(4)));
        broker = false;
      } else {
        events.add(
            new Event(
                4 + i * slot, Disturbance.SUBSCRIBER_STALLS, isShort ? 5 : 6 + random.nextInt(6)));
        broker = true;
      }
    }
    events.sort((a, b) -> Integer.compare(a.atSeconds(), b.atSeconds()));
    return new Schedule(
        totalSeconds, totalSeconds / 4, isShort ? 3 : 10, QUIET_SECONDS, List.copyOf(events));
  }

  /** How long it takes until the camera has gone through all its looks. */
  int windowSeconds() {
    return lookSeconds * Look.ALL.size();
  }
}
