package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BackoffTest {
  @Test
  void doublesUpToItsMostAndShortensByAQuarterAtMost() {
    Backoff backoff = new Backoff(500, 3000, new SplittableRandom(1));
    for (long full : new long[] {500, 1000, 2000, 3000, 3000}) {
      assertThat(backoff.nextMillis()).isBetween(full - full / 4, full);
    }
  }

  @Test
  void startsAgainAfterAReset() {
    Backoff backoff = new Backoff(500, 3000, new SplittableRandom(1));
    backoff.nextMillis();
    backoff.nextMillis();
    backoff.reset();
    assertThat(backoff.nextMillis()).isLessThanOrEqualTo(500);
  }

  @Test
  void neverWaitsLongerThanItsMost() {
    assertThat(new Backoff(500, 100, new SplittableRandom(1)).nextMillis()).isBetween(75L, 100L);
  }
}
