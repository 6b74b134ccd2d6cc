package dev.tarsier.ros.ros1.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.port.FaultListener;
import dev.tarsier.ros.testing.Await;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SupervisedThreadsTest {
  private final Map<String, String> faults = new ConcurrentHashMap<>();
  private final SupervisedThreads threads = new SupervisedThreads("/node");

  private final FaultListener listener =
      new FaultListener() {
        @Override
        public void raised(String key, String reason) {
          faults.put(key, reason);
        }

        @Override
        public void cleared(String key) {
          faults.remove(key);
        }
      };

  @Test
  void startsAgainWhatMustNotEndTellsOfItAndClearsItLater() throws Exception {
    threads.listen(listener);
    AtomicInteger runs = new AtomicInteger();
    CountDownLatch third = new CountDownLatch(3);
    threads.keep(
        "accept",
        () -> {
          third.countDown();
          if (runs.incrementAndGet() < 3) {
            throw new OutOfMemoryError("Cannot reserve 5 bytes of direct buffer memory");
          }
        });
    assertThat(third.await(30, TimeUnit.SECONDS)).isTrue();
    Await.until("told", () -> faults.containsKey("accept"));
    assertThat(faults.get("accept")).contains("direct buffer memory", "started again");
    threads.review(System.nanoTime() + TimeUnit.SECONDS.toNanos(5));
    assertThat(faults).containsKey("accept");
    threads.review(System.nanoTime() + TimeUnit.SECONDS.toNanos(60));
    assertThat(faults).isEmpty();
  }

  @Test
  void tellsAListenerThatComesLateOfWhatEndedBefore() throws Exception {
    Thread thread =
        threads.start(
            "receive",
            () -> {
              throw new LinkageError("gone");
            });
    thread.join(30_000);
    threads.listen(listener);
    assertThat(faults.get("receive")).contains("gone");
  }

  @Test
  void anOrdinaryEndIsNoFault() throws Exception {
    threads.listen(listener);
    threads.start("send", () -> {}).join(30_000);
    assertThat(faults).isEmpty();
  }
}
