package dev.tarsier.runtime.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.testing.TestBundles;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerceiverTest {
  @TempDir Path folder;

  private final FramePool pool = new FramePool(1);
  private Bundle bundle;
  private Perceiver perceiver;

  @BeforeEach
  void open() throws Exception {
    bundle = TestBundles.load(folder);
    perceiver = new Perceiver(bundle, ProviderPreference.cpu(), 1);
  }

  @AfterEach
  void close() {
    perceiver.close();
  }

  @Test
  void perceivesWhatIsInTheFrame() throws Exception {
    try (Frame frame = Frames.plain(pool, 64, 48, 0x0A64C8, 77, 5)) {
      Scene scene = perceiver.perceive(frame);
      assertThat(scene.width()).isEqualTo(16);
      assertThat(scene.height()).isEqualTo(12);
      assertThat(scene.inputWidth()).isEqualTo(64);
      assertThat(scene.inputHeight()).isEqualTo(48);
      assertThat(scene.captureNanos()).isEqualTo(77);
      assertThat(scene.sequence()).isEqualTo(77);
      assertThat(scene.arrivalNanos()).isEqualTo(5);
      assertThat(scene.frameId()).isEqualTo("camera");
      assertThat(scene.modelSha256()).isEqualTo(bundle.modelSha256());
      assertThat(scene.provider()).isEqualTo(Provider.CPU);
      for (int i = 0; i < 12 * 16; i++) {
        assertThat(scene.plane("segmentation").ids().get(i)).isEqualTo((byte) 2);
        // (10 + 100 + 200) / 3 / 25.5
        assertThat((double) scene.plane("depth").values().get(i)).isCloseTo(4.0523, within(1e-4));
      }
      assertThat(scene.times().nanos(Stage.INFER)).isPositive();
      assertThat(scene.times().nanos(Stage.DECODE)).isPositive();
    }
  }

  @Test
  void marksDepthThatNoSurfaceHasAsUnknown() throws Exception {
    try (Frame black = Frames.plain(pool, 32, 24, 0, 1, 1)) {
      Scene scene = perceiver.perceive(black);
      assertThat(scene.plane("depth").values().get(0)).isNaN();
      assertThat(scene.plane("depth").bytes().getFloat(0)).isNaN();
    }
  }

  @Test
  void goesOnAfterARejectedFrame() throws Exception {
    try (Frame bad = pool.acquire()) {
      bad.prepare(10);
      bad.describe(PixelEncoding.RGB8, 32, 24, 96, 1, 1, "camera", 1);
      assertThatThrownBy(() -> perceiver.perceive(bad))
          .isInstanceOf(RejectedFrameException.class)
          .satisfies(
              e ->
                  assertThat(((RejectedFrameException) e).reason())
                      .isEqualTo(DropReason.TOO_LITTLE_DATA));
    }
    try (Frame good = Frames.plain(pool, 32, 24, 0x00FF00, 2, 2)) {
      assertThat(perceiver.perceive(good).plane("segmentation").ids().get(0)).isEqualTo((byte) 1);
    }
  }

  @Test
  void drawsClassesInTheBundlesColours() throws Exception {
    try (Frame green = Frames.plain(pool, 32, 24, 0x00FF00, 2, 2)) {
      Scene scene = perceiver.perceive(green);
      ByteBuffer rgb = ByteBuffer.allocateDirect(3 * 12 * 16 + 7).position(4);
      new ClassColors(bundle.manifest().firstKind(ClassMap.class).orElseThrow().classes())
          .render(scene.plane("segmentation").ids(), rgb);
      assertThat(rgb.position()).isEqualTo(4 + 3 * 12 * 16);
      assertThat(rgb.get(4)).isZero();
      assertThat(rgb.get(5)).isEqualTo((byte) 255);
      assertThat(rgb.get(6)).isZero();
      assertThat(scene.plane("segmentation").ids().position()).isZero();
    }
  }

  @Test
  void tellsImagesApartByChecksum() throws Exception {
    long[] checksums = new long[3];
    int[] colors = {0x102030, 0x102030, 0x102031};
    for (int i = 0; i < 3; i++) {
      try (Frame frame = Frames.plain(pool, 32, 24, colors[i], i, i)) {
        perceiver.perceive(frame);
        checksums[i] = perceiver.inputChecksum();
      }
    }
    assertThat(checksums[0]).isEqualTo(checksums[1]).isNotEqualTo(checksums[2]);
  }

  /** The node's budget is 4 KB a frame; this is the part that is here. */
  @Test
  void allocatesLittleHeapPerFrame() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int frames = 2000;
    long before = 0;
    for (int i = -500; i < frames; i++) {
      if (i == 0) {
        before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
      }
      try (Frame frame = pool.acquire()) {
        frame.prepare(3 * 64 * 48);
        frame.describe(PixelEncoding.BGR8, 64, 48, 192, i, i, "camera", i);
        perceiver.perceive(frame);
      }
    }
    long perFrame =
        (threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before) / frames;
    assertThat(perFrame).isLessThan(1536);
  }
}
