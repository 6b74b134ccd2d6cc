package dev.tarsier.ros.truth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TruthWindowTest {
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;

  private final TruthWindow window = new TruthWindow(20 * MILLI);

  private static Truth recorded(long stamp, long receive) {
    return new Truth(stamp, receive, 1, 1, new float[] {1}, null);
  }

  @Test
  void waitsForATruthThatIsRecordedSecondsLater() {
    assertThat(window.isDecided(10 * SECOND, 10 * SECOND, 12 * SECOND)).isFalse();
    window.add(recorded(10 * SECOND, 12 * SECOND));
    assertThat(window.isDecided(10 * SECOND, 10 * SECOND, 12 * SECOND)).isTrue();
    assertThat(window.nearest(10 * SECOND)).isPresent();
  }

  @Test
  void tellsTruthsThatComeTooLate() {
    assertThat(window.isDecided(10 * SECOND, 10 * SECOND, 14 * SECOND)).isTrue();
    window.missed(10 * SECOND, 10 * SECOND);
    window.add(recorded(10 * SECOND + 20 * MILLI, 15 * SECOND));
    window.add(recorded(11 * SECOND, 15 * SECOND));
    assertThat(window.late()).isEqualTo(1);
    assertThat(window.longestLagNanos()).isEqualTo(5 * SECOND);
  }

  /** What was recorded before the jump has later stamps, and says nothing of what comes. */
  @Test
  void waitsWhereStampsHaveGoneBack() {
    window.add(recorded(10 * SECOND, 10 * SECOND));
    long image = 7 * SECOND;
    assertThat(window.isDecided(image, 10 * SECOND + MILLI, 10 * SECOND + 2 * MILLI)).isFalse();
    window.add(recorded(image, 10 * SECOND + 3 * MILLI));
    assertThat(window.isDecided(image, 10 * SECOND + MILLI, 10 * SECOND + 3 * MILLI)).isTrue();
  }

  @Test
  void doesNotWaitWhereTheTruthWasRecordedFirst() {
    window.add(recorded(10 * SECOND, 10 * SECOND));
    assertThat(window.isDecided(10 * SECOND, 10 * SECOND + MILLI, 10 * SECOND + MILLI)).isTrue();
  }
}
