package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CachedSourceTest {
  /** Two frames of 4×2 pixels, so 96 bytes. */
  private static final class Slow implements SampleSource {
    private final List<Integer> read = new ArrayList<>();

    @Override
    public int size() {
      return 2;
    }

    @Override
    public Sample get(int index) {
      read.add(index);
      float[] depth = {0.1f, 1.23456f, 9, Float.NaN, 0, 1, 2, 3};
      return Sample.of("frame " + index, 4, 2, new byte[24])
          .withValues(Depth.ID, depth)
          .withIds(Segmentation.ID, new byte[8]);
    }

    @Override
    public String name() {
      return "slow";
    }

    @Override
    public String sha256() {
      return "0";
    }
  }

  @Test
  void readsEachFrameOnceWhereThereIsRoom() {
    Slow slow = new Slow();
    CachedSource cached = new CachedSource(slow, CachedSource.ROOM_STEPS, 96);
    slow.read.clear();
    assertThat(cached.keeps()).isTrue();
    assertThat(cached.filled()).isFalse();
    cached.get(1);
    cached.get(1);
    assertThat(slow.read).containsExactly(1);
    cached.fill(() -> {});
    assertThat(cached.filled()).isTrue();
    assertThat(slow.read).containsExactly(1, 0);
  }

  @Test
  void readsThemAnewWithTheSameValuesWhereThereIsNone() {
    Slow slow = new Slow();
    CachedSource cached = new CachedSource(slow, CachedSource.ROOM_STEPS, 95);
    slow.read.clear();
    assertThat(cached.keeps()).isFalse();
    assertThat(cached.bytes()).isEqualTo(96);
    assertThat(cached.filled()).as("there is nothing to wait for").isTrue();
    Sample frame = cached.get(1);
    assertThat(cached.get(1).values(Depth.ID)).containsExactly(frame.values(Depth.ID));
    assertThat(frame.values(Depth.ID))
        .containsExactly(new CachedSource(slow).get(1).values(Depth.ID))
        .startsWith(0.1f, 1.2345f);
    assertThat(slow.read).contains(1, 1);
  }
}
