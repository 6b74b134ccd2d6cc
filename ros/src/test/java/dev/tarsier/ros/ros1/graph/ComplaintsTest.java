package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ComplaintsTest {
  private final AtomicLong now = new AtomicLong();
  private final Complaints complaints = new Complaints(now::get);

  @Test
  void saysEachDistinctComplaintOnceAMinuteAndCountsTheRest() {
    assertThat(complaints.line("/a", "bad")).contains("bad");
    for (int i = 0; i < 1_000; i++) {
      assertThat(complaints.line("/a", "bad")).isEmpty();
    }
    assertThat(complaints.heldBack()).isEqualTo(1_000);
    now.addAndGet(Complaints.INTERVAL_NANOS);
    assertThat(complaints.line("/a", "bad")).get().asString().contains("1000 more");
  }

  @Test
  void givesOneSourceAFewLinesAndAllTogetherABoundedNumber() {
    int lines = 0;
    for (int i = 0; i < 100; i++) {
      lines += complaints.line("/a", "complaint " + i).isPresent() ? 1 : 0;
    }
    assertThat(lines).isEqualTo(Complaints.PER_SOURCE);
    assertThat(complaints.line("/b", "complaint")).isPresent();
    for (int i = 0; i < 10_000; i++) {
      lines += complaints.line("/source" + i, "complaint").isPresent() ? 1 : 0;
    }
    assertThat(lines).isLessThan(Complaints.IN_ALL);
  }

  @Test
  void theLastLineBeforeSilenceSaysSo() {
    for (int i = 1; i < Complaints.PER_SOURCE; i++) {
      assertThat(complaints.line("/a", "complaint " + i).orElseThrow())
          .doesNotContain("not logged");
    }
    assertThat(complaints.line("/a", "complaint"))
        .contains("complaint (more of this source are counted and not logged for up to a minute)");
    for (int i = Complaints.PER_SOURCE + 1; i < Complaints.IN_ALL; i++) {
      assertThat(complaints.line("/source" + i, "x").orElseThrow()).doesNotContain("not logged");
    }
    assertThat(complaints.line("/last", "x"))
        .contains("x (further complaints are counted and not logged for up to a minute)");
  }

  @Test
  void clipsWhatAPeerSent() {
    String line = complaints.line("/a", "no '" + "x".repeat(1 << 20) + "'").orElseThrow();
    assertThat(line.length()).isLessThan(300);
    assertThat(line).contains("1048581 characters");
  }
}
