package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class JudgingTest {
  private static final List<Head> HEADS = List.of(new Head("depth", MetricMap.metres(0, 10)));

  private final FramePool frames = new FramePool(4);

  private Judging judging() {
    return new Judging(
        new TruthQueue(List.of()),
        new Evaluator(HEADS),
        new WorstFrames(new FramePainter(HEADS), 0, 10, false),
        new Troubles());
  }

  private Perceived image(int index, Map<String, Plane> planes) {
    Frame frame = frames.acquire();
    return new Perceived(index, index, index, true, 2, 1, frame, planes);
  }

  private Perceived image(int index) {
    return image(index, Map.of("depth", Plane.ofValues(new float[] {1, 2}, 2, 1, 1)));
  }

  @Test
  void judgesInTheOrderOfTheBagAndGivesBackTheFrames() throws Exception {
    try (Judging judging = judging()) {
      for (int i = 0; i < 50; i++) {
        judging.image(image(i));
        judging.passed(i);
      }
      assertThat(judging.finish()).extracting(Judging.Scored::index).isSorted().hasSize(50);
    }
    assertThat(frames.leased()).isZero();
  }

  /** More than may wait come behind the one that fails; whoever hands them over is told. */
  @Test
  void tellsOfAFailureAndLeavesNobodyWaiting() throws Exception {
    try (Judging judging = judging()) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 50; i++) {
                  judging.image(image(i, null)); // has no planes
                }
                judging.finish();
              })
          .isInstanceOf(NullPointerException.class);
    }
    assertThat(frames.leased()).isZero();
  }

  @Test
  void givesBackTheFramesOfARunThatWasGivenUp() throws Exception {
    try (Judging judging = judging()) {
      for (int i = 0; i < 10; i++) {
        judging.image(image(i));
      }
    }
    assertThat(frames.leased()).isZero();
  }

  @Test
  void keepsAnInterrupt() throws Exception {
    try (Judging judging = judging()) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> judging.image(image(0))).isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(frames.leased()).isZero();
  }

  @Test
  void namesTroublesInTheOrderOfTheBagWhateverThreadMetThemFirst() {
    Troubles troubles = new Troubles();
    troubles.add(9, "depth", new IllegalArgumentException("b"));
    troubles.add(3, "camera_info", new IllegalArgumentException("a"));
    troubles.add(12, "depth", new IllegalArgumentException("c"));
    assertThat(troubles.sentences())
        .containsExactly(
            "Some camera_info messages cannot be used: a.",
            "Some depth messages cannot be used: b.");
  }
}
