package dev.tarsier.ros.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private final StringWriter screen = new StringWriter();
  private long nanos;

  private ProgressLine line(boolean terminal, int columns) {
    return new ProgressLine(new PrintWriter(screen), terminal, () -> columns, () -> nanos);
  }

  private void pass(long seconds) {
    nanos += TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void drawsABarWithTheTimeLeftThatFitsTheTerminal() {
    for (int columns : new int[] {20, 40, 60, 80, 200}) {
      screen.getBuffer().setLength(0);
      try (ProgressLine line = line(true, columns)) {
        line.begin("train", "steps", 0, 1000);
        pass(10);
        line.at(250, "loss 0.1234");
        String drawn = screen.toString().replace("\r\u001b[K", "");
        assertThat(drawn.length()).isLessThan(columns);
        if (columns >= 60) {
          assertThat(drawn).contains("250 of 1,000 steps, loss 0.1234, 0:30 left");
        }
        assertThat(drawn.contains("━")).isEqualTo(columns >= 80);
      }
      assertThat(screen.toString()).endsWith("\r\u001b[K"); // nothing of it stays
    }
  }

  @Test
  void writesNoBarIntoAFileButALineNowAndThen() {
    try (ProgressLine line = line(false, 80)) {
      line.begin("replay", "frames", 0, 100);
      for (int i = 1; i <= 100; i++) {
        pass(1);
        line.at(i);
      }
    }
    assertThat(screen.toString()).doesNotContain("\r", "\u001b", "━");
    assertThat(screen.toString().lines())
        .containsExactly(
            "  replay  30 of 100 frames, 1:10 left",
            "  replay  60 of 100 frames, 0:40 left",
            "  replay  90 of 100 frames, 0:10 left");
  }

  @Test
  void countsTheTimeLeftFromWhatWasDoneNow() {
    try (ProgressLine line = line(false, 80)) {
      line.begin("train", "steps", 900, 1000);
      pass(50);
      line.at(950);
    }
    assertThat(screen.toString()).contains("950 of 1,000 steps, 0:50 left");
  }

  @Test
  void whatIsSaidStaysAboveTheBar() {
    ProgressLine line = line(true, 80);
    line.begin("train", "steps", 0, 10);
    pass(1);
    line.at(1);
    line.say("epoch 1: score 0.5");
    pass(1);
    line.at(2);
    line.finish();
    assertThat(screen.toString().replace("\r\u001b[K", "\n"))
        .contains("\nepoch 1: score 0.5\n")
        .endsWith("  train      2 steps in 2.0 s\n");
  }
}
