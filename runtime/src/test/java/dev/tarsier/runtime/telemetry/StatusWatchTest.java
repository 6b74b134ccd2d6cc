package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusWatchTest {
  private static final String OWN = "00000000-0000-4000-8000-000000000001";
  private static final String OTHER = "00000000-0000-4000-8000-000000000002";

  private final StatusWatch watch = new StatusWatch(OWN);

  private static byte[] online(String session) {
    return status(session, Status.State.ONLINE, Status.Reason.CONNECTED);
  }

  private static byte[] lost(String session) {
    return status(session, Status.State.OFFLINE, Status.Reason.LOST);
  }

  private static byte[] status(String session, Status.State state, Status.Reason reason) {
    return TelemetryJson.VERSION_2.status(
        new TelemetryIdentity("r", "n", session),
        Instant.EPOCH,
        new Status(state, reason, "1", List.of()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void passesOverItsOwnOnlineAndWhatWasThereBefore() {
    assertThat(watch.mustAnswer(online(OWN), false)).isFalse();
    assertThat(watch.mustAnswer(lost(OTHER), true)).isFalse();
    assertThat(watch.mustAnswer(online(OTHER), true)).isFalse();
    assertThat(watch.rivals()).isEmpty();
  }

  @Test
  void correctsALateLastWillOfAPredecessorAndOfItsOwnLastConnection() {
    assertThat(watch.mustAnswer(lost(OTHER), false)).isTrue();
    assertThat(watch.mustAnswer(lost(OWN), false)).isTrue();
  }

  @Test
  void correctsWhatIsNoStatus() {
    for (String text : List.of("", "{", "[]", "null", "{\"session\":1}", "[".repeat(5000))) {
      assertThat(watch.mustAnswer(bytes(text), false)).as(text).isTrue();
    }
    assertThat(watch.rivals()).isEmpty();
  }

  @Test
  void anotherOnlineIsARivalUntilItIsGone() {
    assertThat(watch.mustAnswer(online(OTHER), false)).isTrue();
    assertThat(watch.rivals()).containsExactly(OTHER);
    assertThat(watch.mustAnswer(online(OTHER), false)).isFalse();
    assertThat(watch.mustAnswer(lost(OTHER), false)).isTrue();
    assertThat(watch.rivals()).isEmpty();
  }

  @Test
  void keepsCountOfAFewRivalsOnly() {
    for (int i = 0; i < 1000; i++) {
      watch.mustAnswer(online("00000000-0000-4000-8000-%012d".formatted(i + 10)), false);
    }
    assertThat(watch.rivals()).hasSize(8);
  }

  @Test
  void twoRivalsFindEachOtherAndDoNotAnswerForEver() {
    StatusWatch first = watch;
    StatusWatch second = new StatusWatch(OTHER);
    Deque<String> told = new ArrayDeque<>(List.of(OTHER));
    int messages = 0;
    while (!told.isEmpty()) {
      String teller = told.poll();
      messages++;
      assertThat(messages).isLessThan(10);
      if (first.mustAnswer(online(teller), false)) {
        told.add(OWN);
      }
      if (second.mustAnswer(online(teller), false)) {
        told.add(OTHER);
      }
    }
    assertThat(first.rivals()).containsExactly(OTHER);
    assertThat(second.rivals()).containsExactly(OWN);
  }
}
