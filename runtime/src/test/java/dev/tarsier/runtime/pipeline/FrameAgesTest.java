package dev.tarsier.runtime.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** A camera of 20 Hz, a maximum age of 1 s; all clocks are the test's. */
class FrameAgesTest {
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;
  private static final long EPOCH = 1_700_000_000L * SECOND;
  private static final long PERIOD = 50 * MILLI;

  private final FrameAges ages = new FrameAges(SECOND);
  private long monotonic = 77 * SECOND;
  private long epoch = EPOCH;
  private boolean simulated;

  private void pass(long nanos) {
    monotonic += nanos;
    epoch += nanos;
  }

  /** A frame comes in now, and is this old. */
  private long age(long stamp) {
    ages.arrived(stamp, monotonic, epoch, simulated);
    return ages.ageNanos(stamp, monotonic, monotonic, epoch);
  }

  /** Frames at 20 Hz that come in this long after their stamp. */
  private void stream(int frames, long delay) {
    for (int i = 0; i < frames; i++) {
      pass(PERIOD);
      age(epoch - delay);
    }
  }

  @Test
  void countsTheWayOfAFrame() {
    stream(20, 40 * MILLI);
    assertThat(ages.basis()).isEqualTo("stamp");
    assertThat(age(epoch - 40 * MILLI)).isEqualTo(40 * MILLI);
  }

  @Test
  void aClockThatIsNearlyTooFarBehindIsSuspected() {
    stream(20, 950 * MILLI);
    assertThat(ages.basis()).isEqualTo("stamp");
    assertThat(ages.suspicion()).contains("at least 0.95 s behind").contains("max_age_millis");
    stream(1, 40 * MILLI);
    assertThat(ages.suspicion()).isEmpty();
  }

  @Test
  void whatWaitedWhileTheProcessStoodStillIsOld() {
    stream(100, 20 * MILLI);
    for (long pause : new long[] {5 * SECOND, 3600 * SECOND}) {
      pass(pause);
      // All that the link held comes at once.
      for (long waited = pause; waited > SECOND; waited -= pause / 100) {
        pass(MILLI / 10);
        assertThat(age(epoch - waited)).isGreaterThan(SECOND);
      }
      assertThat(ages.basis()).isEqualTo("stamp");
      stream(20, 20 * MILLI);
    }
  }

  @Test
  void aLinkThatIsBehindForMinutesStaysOld() {
    stream(100, 20 * MILLI);
    long delay = 20 * MILLI;
    for (int i = 0; i < 12_000; i++) { // ten minutes; the link fills within five seconds
      pass(PERIOD);
      delay = Math.min(delay + PERIOD / 2, 3 * SECOND);
      long age = age(epoch - delay);
      assertThat(age).isEqualTo(delay);
    }
    assertThat(ages.byStamp()).isTrue();
  }

  @Test
  void oldBagsWithoutClockCountFromArrival() {
    for (int i = 0; i < 100; i++) {
      pass(PERIOD);
      long stamp = EPOCH - 1_000_000 * SECOND + i * PERIOD;
      assertThat(age(stamp)).isZero();
    }
    assertThat(ages.basis())
        .isEqualTo("arrival: stamps are 1000000.050 s behind this machine's time");
  }

  @Test
  void bagsAtAnotherPaceAndInLoopsCountFromArrival() {
    for (double pace : new double[] {0.25, 3}) {
      for (int loop = 0; loop < 3; loop++) {
        for (int i = 0; i < 200; i++) {
          pass(PERIOD);
          assertThat(age(EPOCH - 5000 * SECOND + (long) (i * pace * PERIOD))).isZero();
        }
      }
    }
  }

  @Test
  void framesWithoutStampCountFromArrival() {
    assertThat(ages.basis()).isEqualTo("arrival: no stamped image yet");
    assertThat(age(0)).isZero();
    pass(2 * SECOND);
    assertThat(ages.ageNanos(0, monotonic - 2 * SECOND, monotonic, epoch)).isEqualTo(2 * SECOND);
    assertThat(ages.basis()).isEqualTo("arrival: images have no stamp");
    stream(1, 20 * MILLI);
    assertThat(ages.basis()).isEqualTo("stamp");
  }

  @Test
  void simulatedTimeCountsByItsOwnPace() {
    simulated = true;
    long sim = 0;
    ages.arrived(5 * SECOND, monotonic, sim, true); // before /clock has begun
    assertThat(ages.ageNanos(5 * SECOND, monotonic, monotonic, sim)).isZero();
    sim = 100 * SECOND;
    for (int i = 0; i < 100; i++) { // ten times as fast
      monotonic += 5 * MILLI;
      sim += 50 * MILLI;
      ages.arrived(sim - 30 * MILLI, monotonic, sim, true);
    }
    assertThat(ages.basis()).isEqualTo("stamp");
    monotonic += SECOND / 2;
    sim += 5 * SECOND;
    long waited = sim - 4 * SECOND;
    ages.arrived(waited, monotonic, sim, true);
    assertThat(ages.ageNanos(waited, monotonic, monotonic, sim)).isEqualTo(4 * SECOND);
    // The bag is played again: /clock and stamps go back.
    sim = 100 * SECOND;
    for (int i = 0; i < 100; i++) {
      monotonic += 50 * MILLI;
      sim += 50 * MILLI;
      long stamp = sim - 30 * MILLI;
      ages.arrived(stamp, monotonic, sim, true);
      assertThat(ages.ageNanos(stamp, monotonic, monotonic, sim)).isLessThan(SECOND);
    }
    assertThat(ages.basis()).isEqualTo("stamp");
  }

  @Test
  void aCameraWhoseClockIsEarlyIsCorrected() {
    stream(100, -300 * MILLI);
    assertThat(ages.basis()).isEqualTo("stamp");
    pass(5 * SECOND);
    assertThat(age(epoch - 4 * SECOND + 300 * MILLI)).isCloseTo(4 * SECOND, within(MILLI));
  }

  @Test
  void aCameraWhoseClockIsFarOffCountsFromArrival() {
    stream(100, -10 * SECOND);
    assertThat(ages.basis()).isEqualTo("arrival: stamps are 10.000 s ahead of this machine's time");
    assertThat(age(epoch + 10 * SECOND)).isZero();
    FrameAges late = new FrameAges(SECOND);
    late.arrived(epoch - 3 * SECOND, monotonic, epoch, false);
    assertThat(late.basis()).startsWith("arrival: stamps are 3.000 s behind");
  }

  @Test
  void aClockThatIsSetIsBelievedAfterASecond() {
    for (long set : new long[] {10 * SECOND, -10 * SECOND}) {
      stream(100, 20 * MILLI);
      epoch += set; // ours; the camera is another machine
      stream(25, 20 * MILLI + set);
      assertThat(ages.byStamp()).as("%d", set).isFalse();
      assertThat(age(epoch - 20 * MILLI - set)).isZero();
      epoch -= set;
      stream(25, 20 * MILLI);
      assertThat(ages.byStamp()).as("%d", set).isTrue();
    }
    stream(25, 5 * SECOND); // the camera's clock goes back
    assertThat(ages.byStamp()).isFalse();
    stream(25, 20 * MILLI);
    assertThat(ages.byStamp()).isTrue();
  }

  @Test
  void oneWrongStampChangesNothingForLong() {
    stream(100, 20 * MILLI);
    age(epoch + 1_000_000 * SECOND);
    age(1);
    stream(25, 20 * MILLI);
    assertThat(ages.basis()).isEqualTo("stamp");
    assertThat(age(epoch - 2 * SECOND)).isGreaterThan(SECOND);
  }

  /** Two cameras on one topic: the link of one stalls, the other's frames go on. */
  @Test
  void aSecondCameraThatStallsIsOld() {
    stream(100, 20 * MILLI);
    for (int i = 0; i < 100; i++) {
      stream(1, 20 * MILLI);
      assertThat(age(epoch - 5 * SECOND)).isEqualTo(5 * SECOND);
    }
    assertThat(ages.byStamp()).isTrue();
  }

  @Test
  void aClockThatDriftsAwayIsFollowed() {
    long delay = 20 * MILLI;
    for (int i = 0; i < 2_000_000; i++) { // 28 hours, 50 parts in a million
      pass(PERIOD);
      delay += PERIOD / 20_000;
      long age = age(epoch - delay);
      assertThat(age).isLessThanOrEqualTo(SECOND + MILLI);
    }
    assertThat(delay).isGreaterThan(5 * SECOND);
    assertThat(ages.basis()).startsWith("arrival: stamps are 5.");
  }
}
