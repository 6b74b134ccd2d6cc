package dev.tarsier.runtime.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.health.HealthReport;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.testing.ManualTime;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pipeline whose network gives no depth for black images, and an unnamed class for blue ones. */
@Timeout(60)
class OutputHealthTest {
  private static final int RED = 0xC80A10;
  private static final int BLACK = 0;
  private static final int BLUE = 0x1020F0;

  @TempDir Path folder;

  private final ManualTime time = new ManualTime();
  private final BlockingQueue<Long> published = new LinkedBlockingQueue<>();
  private PerceptionPipeline pipeline;
  private long stamp;

  @BeforeEach
  void start() throws Exception {
    TestBundles.addGolden(TestBundles.brightness(folder), RED);
    TestBundles.edit(folder, "\"id\": 2", "\"id\": 7");
    pipeline =
        new PerceptionPipeline(
            new Perceiver(Bundle.load(folder), ProviderPreference.cpu(), 1),
            scene -> published.add(scene.captureNanos()),
            PipelineOptions.DEFAULT.withTime(time));
    pipeline.start();
  }

  @AfterEach
  void stop() {
    pipeline.close();
  }

  /** Frames differ in one bit, or the camera would count as frozen. */
  private void perceive(int color) throws InterruptedException {
    stamp++;
    pipeline.offer(
        Frames.plain(
            pipeline.frames(),
            32,
            24,
            color + (color == BLACK ? 0 : (int) stamp % 2),
            stamp,
            time.monotonicNanos()));
    assertThat(published.poll(30, TimeUnit.SECONDS)).isEqualTo(stamp);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (pipeline.snapshot().lastCaptureNanos() != stamp) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private HealthReport afterASecond() {
    time.advanceMillis(1000);
    return pipeline.snapshot().health();
  }

  @Test
  void degradesWhileThereIsNoDepthAndCounts() throws Exception {
    perceive(RED);
    assertThat(pipeline.health().state()).isEqualTo(HealthState.OK);

    perceive(BLACK);
    assertThat(pipeline.health().state()).isEqualTo(HealthState.DEGRADED);
    perceive(RED);
    HealthReport report = afterASecond();
    assertThat(report.state()).isEqualTo(HealthState.DEGRADED);
    assertThat(report.reasons())
        .containsExactly(
            "the network gives no depth: unknown (NaN, infinite or not positive) in 192 of 192"
                + " pixels, in 1 of the last 3 frames, 1 since the start");

    // A second without frames says nothing; one with good frames says that it is over.
    assertThat(afterASecond().reasons()).anyMatch(reason -> reason.contains("gives no depth"));
    perceive(RED);
    assertThat(afterASecond().state()).isEqualTo(HealthState.OK);
  }

  @Test
  void degradesWhileClassesHaveNoName() throws Exception {
    perceive(BLUE);
    perceive(BLUE);
    assertThat(afterASecond().reasons())
        .containsExactly(
            "the network gives class ids that the bundle does not name: in 192 of 192 pixels, in 2"
                + " of the last 2 frames, 2 since the start");
    perceive(RED);
    assertThat(afterASecond().state()).isEqualTo(HealthState.OK);
  }
}
