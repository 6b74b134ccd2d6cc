package dev.tarsier.runtime.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class HealthMonitorTest {
  private static final long MILLI = 1_000_000L;

  private final HealthMonitor monitor = new HealthMonitor(HealthLimits.DEFAULT, 0);
  private long now;

  private void frame(long stamp, long image) {
    now += 100 * MILLI;
    monitor.frameArrived(now, stamp);
    monitor.scenePublished(now, image);
  }

  @Test
  void isOkWhileScenesGoOut() {
    for (int i = 1; i < 100; i++) {
      frame(i, i);
    }
    assertThat(monitor.report(now)).isEqualTo(new HealthReport(HealthState.OK, List.of()));
  }

  @Test
  void seesAFrozenImage() {
    for (int i = 1; i <= 31; i++) {
      frame(i, 42);
    }
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.ERROR);
    assertThat(monitor.report(now).reasons())
        .singleElement()
        .asString()
        .startsWith("the camera is frozen: the same image for 31 frames (3.0 s)")
        .contains("restart its driver")
        .contains("frozen_frames to 0");
    assertThat(monitor.standsStill(now)).isPresent();
    frame(32, 43);
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.OK);
    assertThat(monitor.standsStill(now)).isEmpty();
  }

  @Test
  void isOkWhileNobodyWantsScenesAndSeesAFrozenImageAllTheSame() {
    for (int i = 1; i <= 40; i++) {
      now += 100 * MILLI;
      monitor.frameArrived(now, i);
      monitor.frameNotWanted(now, i <= 9 ? i : 42);
      assertThat(monitor.report(now).state())
          .as("frame %d", i)
          .isEqualTo(i < 40 ? HealthState.OK : HealthState.ERROR);
    }
    assertThat(monitor.report(now).reasons().get(0)).contains("the same image for 31 frames");
  }

  @Test
  void doesNotForgetThatTheEngineFailedWhenNobodyWantsScenesAnyMore() {
    frame(1, 1);
    monitor.engineFailed("the engine failed");
    now += 100 * MILLI;
    monitor.frameArrived(now, 2);
    monitor.frameNotWanted(now, 2);
    assertThat(monitor.report(now).reasons()).containsExactly("the engine failed");
    frame(3, 3);
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.OK);
  }

  @Test
  void doesNotCallAShortRepetitionFrozen() {
    for (int i = 1; i <= 30; i++) {
      frame(i, 42);
    }
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.OK);
  }

  @Test
  void seesAFrozenStampButTakesCamerasWithoutStamps() {
    for (int i = 1; i <= 40; i++) {
      frame(7, i);
    }
    assertThat(monitor.report(now).reasons().get(0)).contains("the same stamp for 40 frames");
    for (int i = 1; i <= 40; i++) {
      frame(0, i);
    }
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.OK);
  }

  @Test
  void isInErrorWhenFramesComeAndNoSceneGoesOut() {
    frame(1, 1);
    for (int i = 0; i < 12; i++) {
      now += 100 * MILLI;
      monitor.frameArrived(now, 2 + i);
      monitor.frameRejected("step of 3 bytes is too small");
    }
    HealthReport report = monitor.report(now);
    assertThat(report.state()).isEqualTo(HealthState.ERROR);
    assertThat(report.reasons().get(0))
        .isEqualTo(
            "no scene for 1.2 s while 12 frames came; last rejection: step of 3 bytes is too small");
  }

  @Test
  void staysInErrorUntilTheEngineWorksAgain() {
    frame(1, 1);
    monitor.engineFailed("the network failed on cuda");
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.ERROR);
    frame(2, 2);
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.OK);
    monitor.died("the perception thread ended");
    frame(3, 3);
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.ERROR);
  }

  @Test
  void isDegradedForAsLongAsAReasonStands() {
    monitor.raise("provider", HealthState.DEGRADED, "tensorrt was asked for, cpu is used");
    frame(1, 1);
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.DEGRADED);
    now += 2000 * MILLI;
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.STALE);
    assertThat(monitor.report(now).reasons())
        .containsExactly("no frame for 2.0 s", "tensorrt was asked for, cpu is used");
  }

  @Test
  void checksLimits() {
    assertThatThrownBy(() -> new HealthLimits(0, 1, 1, 1, 0.1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new HealthLimits(1, 1, 1, 1, 1.1))
        .hasMessageContaining("rejectedRatio must be 0 to 1, got 1.1");
  }

  @Test
  void conditionHoldsUntilItIsCleared() {
    frame(1, 1);
    monitor.raise("depth", HealthState.DEGRADED, "depth is NaN");
    monitor.raise("link", HealthState.ERROR, "the receiving thread ended");
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.ERROR);
    assertThat(monitor.report(now).reasons())
        .containsExactly("the receiving thread ended", "depth is NaN");

    monitor.clear("link");
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.DEGRADED);
    monitor.raise("depth", HealthState.DEGRADED, "depth is infinite");
    assertThat(monitor.report(now).reasons()).containsExactly("depth is infinite");

    monitor.clear("depth");
    assertThat(monitor.report(now).state()).isEqualTo(HealthState.OK);
  }

  @Test
  void saysARejectionOnce() {
    frame(1, 1);
    for (int i = 0; i < 12; i++) {
      now += 100 * MILLI;
      monitor.messageRejected(now, "encoding 16UC1 is depth");
    }
    monitor.report(now);
    now += 1000 * MILLI;
    monitor.messageRejected(now, "encoding 16UC1 is depth");
    assertThat(monitor.report(now).reasons())
        .containsExactly(
            "no scene for 2.2 s while 13 frames came; last rejection: encoding 16UC1 is depth",
            "100 % of the frames were rejected");
    monitor.engineFailed("perceiving failed: encoding 16UC1 is depth");
    assertThat(monitor.report(now).reasons())
        .containsExactly(
            "perceiving failed: encoding 16UC1 is depth",
            "no scene for 2.2 s while 13 frames came",
            "100 % of the frames were rejected");
  }

  @Test
  void saysWhyNothingComesBeforeWhatIsMerelyDegraded() {
    monitor.raise("focal_length", HealthState.DEGRADED, "depth may be off by a factor of 1.5");
    monitor.raise("camera_silent", HealthState.STALE, "nothing arrives: nobody publishes it");
    now = 6000 * MILLI;
    assertThat(monitor.report(now))
        .isEqualTo(
            new HealthReport(
                HealthState.STALE,
                List.of(
                    "no frame for 6.0 s",
                    "nothing arrives: nobody publishes it",
                    "depth may be off by a factor of 1.5")));
    frame(1, 1);
    assertThat(monitor.report(now).state())
        .as("until it is cleared, a frame makes it no worse than degraded")
        .isEqualTo(HealthState.DEGRADED);
    monitor.sinkFailed("publishing failed");
    monitor.raise("thread", HealthState.ERROR, "the receiving thread ended");
    monitor.engineFailed("the network failed");
    assertThat(monitor.report(now).reasons())
        .containsExactly(
            "the network failed",
            "the receiving thread ended",
            "nothing arrives: nobody publishes it",
            "publishing failed",
            "depth may be off by a factor of 1.5");
    assertThatThrownBy(() -> monitor.raise("x", HealthState.OK, "well"))
        .hasMessageContaining("level must be DEGRADED, STALE or ERROR, got OK");
  }
}
