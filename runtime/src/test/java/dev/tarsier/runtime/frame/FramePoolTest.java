package dev.tarsier.runtime.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class FramePoolTest {
  @Test
  void handsTheSameMemoryOutAgainAfterClose() {
    FramePool pool = new FramePool(1);
    Frame first = pool.acquire();
    ByteBuffer bytes = first.prepare(100);
    first.close();
    Frame second = pool.acquire();
    assertThat(second.prepare(50)).isSameAs(bytes);
    assertThat(bytes.limit()).isEqualTo(50);
    assertThat(bytes.isDirect()).isTrue();
    assertThat(bytes.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    second.close();
    assertThat(pool.leased()).isZero();
  }

  @Test
  void growsWhenALargerFrameComes() {
    FramePool pool = new FramePool(1);
    try (Frame frame = pool.acquire()) {
      frame.prepare(10);
      assertThat(frame.prepare(1000).remaining()).isEqualTo(1000);
    }
    try (Frame frame = pool.acquire()) {
      assertThat(frame.prepare(10).capacity()).isEqualTo(1000);
    }
  }

  @Test
  void refusesUseAfterClose() {
    FramePool pool = new FramePool(1);
    Frame frame = pool.acquire();
    frame.close();
    assertThatThrownBy(frame::bytes)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is closed");
    assertThatThrownBy(frame::width).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(frame::close).isInstanceOf(IllegalStateException.class);
    assertThat(pool.leased()).isZero();
  }

  @Test
  void aStaleLeaseCannotTouchTheNextFrame() {
    FramePool pool = new FramePool(1);
    Frame stale = pool.acquire();
    stale.close();
    try (Frame next = pool.acquire()) {
      next.prepare(4);
      assertThatThrownBy(() -> stale.prepare(8)).isInstanceOf(IllegalStateException.class);
      assertThat(next.bytes().limit()).isEqualTo(4);
    }
  }

  @Test
  void makesOneMoreWhenAllAreOutAndCountsIt() {
    FramePool pool = new FramePool(2);
    Frame a = pool.acquire();
    Frame b = pool.acquire();
    assertThat(pool.overflows()).isZero();
    Frame c = pool.acquire();
    assertThat(pool.overflows()).isEqualTo(1);
    assertThat(pool.leased()).isEqualTo(3);
    a.close();
    b.close();
    c.close();
    assertThat(pool.leased()).isZero();
  }

  @Test
  void countsFramesThatWereNeverClosedAndTakesTheirMemoryBack() {
    FramePool pool = new FramePool(1);
    WeakReference<Frame> lost = new WeakReference<>(loseOne(pool));
    for (int i = 0; i < 100 && pool.leaks() == 0; i++) {
      System.gc();
      Thread.onSpinWait();
    }
    assertThat(lost.get()).isNull();
    assertThat(pool.leaks()).isEqualTo(1);
    assertThat(pool.leased()).isZero();
    try (Frame frame = pool.acquire()) {
      assertThat(frame.prepare(1).capacity()).isEqualTo(64);
    }
  }

  private static Frame loseOne(FramePool pool) {
    Frame frame = pool.acquire();
    frame.prepare(64);
    return frame;
  }

  @Test
  void refusesAFrameThatNoCameraSends() {
    FramePool pool = new FramePool(1);
    try (Frame frame = pool.acquire()) {
      assertThatThrownBy(() -> frame.prepare(Integer.MAX_VALUE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("got 2147483647");
      assertThatThrownBy(() -> frame.prepare(-1)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
