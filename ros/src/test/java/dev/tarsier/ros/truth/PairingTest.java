package dev.tarsier.ros.truth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PairingTest {
  private static final long MS = 1_000_000;

  private final Pairing pairing = new Pairing(50 * MS);

  private static long[] millis(long... times) {
    return LongStream.of(times).map(time -> time * MS).toArray();
  }

  @Test
  void pairsEachImageWithTheNearestStampInReach() {
    long[] images = millis(0, 33, 66, 500);
    assertThat(pairing.exclusive(images, millis(5, 31, 70))).containsExactly(0, 1, 2, -1);
    assertThat(pairing.exclusive(images, millis())).containsExactly(-1, -1, -1, -1);
  }

  @Test
  void whatBelongsToAnImageIsNotItsNeighboursToo() {
    long[] images = LongStream.range(0, 9).map(i -> 33 * MS * i).toArray();
    assertThat(pairing.exclusive(images, millis(33, 198)))
        .containsExactly(-1, 0, -1, -1, -1, -1, 1, -1, -1);
  }

  @Test
  void ofTwoAsNearTheFirstIsTaken() {
    assertThat(pairing.nearest(10, List.of(20L, 0L), Long::longValue)).contains(20L);
    assertThat(pairing.exclusive(new long[] {10}, new long[] {20, 0, 20})).containsExactly(0);
  }

  @Test
  void theToleranceItselfIsWithinIt() {
    assertThat(pairing.nearest(0, List.of(50 * MS), Long::longValue)).isPresent();
    assertThat(pairing.nearest(0, List.of(50 * MS + 1), Long::longValue)).isEmpty();
    assertThat(pairing.exclusive(millis(0), millis(50))).containsExactly(0);
    assertThat(pairing.exclusive(millis(0), new long[] {50 * MS + 1})).containsExactly(-1);
  }

  /** Times in any order, with equal ones, against a search of all. */
  @Test
  void findsWhatASearchOfAllFinds() {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      long[] images = random.longs(1 + random.nextInt(20), 0, 40).map(t -> t * 10 * MS).toArray();
      long[] truths = random.longs(random.nextInt(20), 0, 40).map(t -> t * 10 * MS).toArray();
      int[] expected = new int[images.length];
      for (int i = 0; i < images.length; i++) {
        int truth = search(images[i], truths);
        expected[i] = truth >= 0 && search(truths[truth], images) == i ? truth : -1;
      }
      assertThat(pairing.exclusive(images, truths))
          .as("%s %s", Arrays.toString(images), Arrays.toString(truths))
          .containsExactly(expected);
    }
  }

  private static int search(long time, long[] others) {
    long best = 50 * MS + 1;
    int found = -1;
    for (int i = 0; i < others.length; i++) {
      if (Math.abs(time - others[i]) < best) {
        best = Math.abs(time - others[i]);
        found = i;
      }
    }
    return found;
  }
}
