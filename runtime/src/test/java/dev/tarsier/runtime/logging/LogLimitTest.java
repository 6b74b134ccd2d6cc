package dev.tarsier.runtime.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LogLimitTest {
  private final LogLimit limit = new LogLimit();
  private long nanos;

  private void pass(double seconds) {
    nanos += (long) (seconds * TimeUnit.SECONDS.toNanos(1));
  }

  @Test
  void oneSourceSpeaksAFewTimesThenOnceASecondAndCountsTheRest() {
    int admitted = 0;
    for (int i = 0; i < 19_000; i++) {
      admitted += limit.admit("Server", "cannot accept: {}", nanos) >= 0 ? 1 : 0;
    }
    assertThat(admitted).isEqualTo(LogLimit.BURST);
    pass(1.01);
    assertThat(limit.admit("Server", "cannot accept: {}", nanos))
        .isEqualTo(19_000 - LogLimit.BURST);
    assertThat(limit.admit("Server", "cannot accept: {}", nanos)).isEqualTo(-1);
  }

  @Test
  void anotherSourceIsHeard() {
    for (int i = 0; i < 1000; i++) {
      limit.admit("Server", "cannot accept: {}", nanos);
    }
    assertThat(limit.admit("Server", "stops", nanos)).isZero();
    assertThat(limit.admit("Camera", "cannot accept: {}", nanos)).isZero();
  }

  @Test
  void manySourcesTogetherAreLimitedToo() {
    int admitted = 0;
    for (int i = 0; i < 100_000; i++) {
      admitted += limit.admit("Server", "peer " + i + " is odd", nanos) >= 0 ? 1 : 0;
    }
    assertThat(admitted).isEqualTo(LogLimit.TOTAL_BURST);
    pass(1);
    int later = 0;
    for (int i = 0; i < 1000; i++) {
      later += limit.admit("Server", "another peer " + i, nanos) >= 0 ? 1 : 0;
    }
    assertThat(later).isEqualTo(LogLimit.TOTAL_PER_SECOND);
    assertThat(limit.rest(nanos))
        .singleElement()
        .satisfies(
            left ->
                assertThat(left.count())
                    .isEqualTo(101_000L - LogLimit.TOTAL_BURST - LogLimit.TOTAL_PER_SECOND));
  }

  @Test
  void whatWasLeftOutIsToldWhenTheSourceHasGoneQuiet() {
    for (int i = 0; i < LogLimit.BURST + 3; i++) {
      limit.admit("Server", "x", nanos);
    }
    pass(4);
    assertThat(limit.quiet(nanos)).isEmpty();
    pass(2);
    assertThat(limit.quiet(nanos)).containsExactly(new LogLimit.LeftOut("Server x", 3));
    assertThat(limit.quiet(nanos)).isEmpty();
  }
}
