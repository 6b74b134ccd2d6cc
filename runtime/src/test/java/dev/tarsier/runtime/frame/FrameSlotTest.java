package dev.tarsier.runtime.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FrameSlotTest {
  private final FramePool pool = new FramePool(3);

  private Frame frame(long sequence) {
    Frame frame = pool.acquire();
    frame.describe(PixelEncoding.RGB8, 1, 1, 3, 0, 0, "camera", sequence);
    return frame;
  }

  @Test
  void keepsNewestFrameWhenSlotIsFull() throws Exception {
    FrameSlot slot = new FrameSlot();
    assertThat(slot.offer(frame(1))).isEqualTo(Offer.ACCEPTED);
    assertThat(slot.offer(frame(2))).isEqualTo(Offer.REPLACED_OLDER);
    assertThat(slot.offer(frame(3))).isEqualTo(Offer.REPLACED_OLDER);
    try (Frame taken = slot.take().orElseThrow()) {
      assertThat(taken.sequence()).isEqualTo(3);
    }
    assertThat(slot.take(0)).isEmpty();
    assertThat(pool.leased()).isZero();
  }

  @Test
  void closesWhatWaitsAndWhatComesAfterClosing() throws Exception {
    FrameSlot slot = new FrameSlot();
    slot.offer(frame(1));
    slot.close();
    assertThat(slot.offer(frame(2))).isEqualTo(Offer.CLOSED);
    assertThat(slot.take()).isEmpty();
    assertThat(slot.isClosed()).isTrue();
    assertThat(pool.leased()).isZero();
  }

  @Test
  void wakesTheTakerWhenClosed() throws Exception {
    FrameSlot slot = new FrameSlot();
    ExecutorService taker = Executors.newSingleThreadExecutor();
    try {
      CountDownLatch started = new CountDownLatch(1);
      Future<Boolean> empty =
          taker.submit(
              () -> {
                started.countDown();
                return slot.take().isEmpty();
              });
      started.await();
      slot.close();
      assertThat(empty.get(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      taker.shutdownNow();
    }
  }

  @Test
  void losesNoFrameBetweenThreadsOtherThanReplacedOnes() throws Exception {
    FrameSlot slot = new FrameSlot();
    int frames = 20_000;
    ExecutorService taker = Executors.newSingleThreadExecutor();
    try {
      Future<long[]> result =
          taker.submit(
              () -> {
                long taken = 0;
                long last = 0;
                while (last < frames) {
                  try (Frame frame = slot.take().orElseThrow()) {
                    assertThat(frame.sequence()).isGreaterThan(last);
                    last = frame.sequence();
                    taken++;
                  }
                }
                return new long[] {taken, last};
              });
      long replaced = 0;
      for (int i = 1; i <= frames; i++) {
        if (slot.offer(frame(i)) == Offer.REPLACED_OLDER) {
          replaced++;
        }
      }
      long[] taken = result.get(20, TimeUnit.SECONDS);
      assertThat(taken[0] + replaced).isEqualTo(frames);
      assertThat(taken[1]).isEqualTo(frames);
      assertThat(pool.leased()).isZero();
      assertThat(pool.leaks()).isZero();
    } finally {
      taker.shutdownNow();
    }
  }
}
