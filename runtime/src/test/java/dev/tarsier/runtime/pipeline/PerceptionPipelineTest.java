package dev.tarsier.runtime.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.Offer;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.testing.ManualTime;
import dev.tarsier.runtime.testing.TestBundles;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@Timeout(60)
class PerceptionPipelineTest {
  private static final int RED = 0xFF0000;

  @TempDir Path folder;

  private final ManualTime time = new ManualTime();
  private final BlockingQueue<Long> published = new LinkedBlockingQueue<>();
  private final Semaphore entered = new Semaphore(0);
  private Semaphore allowed = new Semaphore(1_000_000);
  private final BlockingQueue<Long> passedOver = new LinkedBlockingQueue<>();
  private final AtomicInteger perceiversLooks = new AtomicInteger();
  private volatile boolean wanted = true;
  private volatile Runnable failure;
  private volatile Error perceiversFailure;
  private PerceptionPipeline pipeline;

  @BeforeEach
  void start() throws Exception {
    Perceiver perceiver =
        new Perceiver(
            TestBundles.load(folder),
            SessionOptions.of(ProviderPreference.cpu()).withThreads(1),
            new PerceiversTime());
    pipeline =
        new PerceptionPipeline(perceiver, new Sink(), PipelineOptions.DEFAULT.withTime(time));
    pipeline.start();
  }

  private final class Sink implements SceneSink {
    @Override
    public boolean wanted() {
      return wanted;
    }

    @Override
    public void passedOver(Frame frame) {
      passedOver.add(frame.captureNanos());
    }

    @Override
    public void accept(Scene scene) {
      entered.release();
      allowed.acquireUninterruptibly();
      Runnable fails = failure;
      if (fails != null) {
        failure = null;
        fails.run();
      }
      published.add(scene.captureNanos());
    }
  }

  /** The perceiver looks at it for each frame, so here is where perceiving can be made to fail. */
  private final class PerceiversTime implements TimeSource {
    @Override
    public long monotonicNanos() {
      perceiversLooks.incrementAndGet();
      Error fails = perceiversFailure;
      if (fails != null) {
        perceiversFailure = null;
        throw fails;
      }
      return System.nanoTime();
    }

    @Override
    public long epochNanos() {
      return 0;
    }
  }

  @AfterEach
  void stop() {
    allowed.release(1000);
    pipeline.close();
    assertThat(pipeline.frames().leased()).isZero();
  }

  private Offer offer(long stamp) {
    return pipeline.offer(
        Frames.plain(pipeline.frames(), 32, 24, RED + (int) stamp, stamp, time.monotonicNanos()));
  }

  private void offerBroken(long stamp) {
    Frame frame = pipeline.frames().acquire();
    frame.prepare(7);
    frame.describe(PixelEncoding.RGB8, 32, 24, 96, stamp, time.monotonicNanos(), "camera", stamp);
    pipeline.offer(frame);
  }

  private void awaitPublished(long stamp) throws InterruptedException {
    assertThat(published.poll(30, TimeUnit.SECONDS)).isEqualTo(stamp);
    await(() -> pipeline.snapshot().lastCaptureNanos() == stamp);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void publishesEachFrameWhenThereIsTime() throws Exception {
    for (long stamp = 1; stamp <= 5; stamp++) {
      assertThat(offer(stamp)).isEqualTo(Offer.ACCEPTED);
      awaitPublished(stamp);
    }
    time.advanceMillis(1000);
    PerceptionSnapshot snapshot = pipeline.snapshot();
    assertThat(snapshot.framesIn()).isEqualTo(5);
    assertThat(snapshot.framesOut()).isEqualTo(5);
    assertThat(snapshot.dropped()).isZero();
    assertThat(snapshot.fpsIn()).isEqualTo(5);
    assertThat(snapshot.fpsOut()).isEqualTo(5);
    assertThat(snapshot.provider()).isEqualTo("cpu");
    assertThat(snapshot.recent().get(Stage.INFER).count()).isEqualTo(5);
    assertThat(snapshot.total().get(Stage.AGE).count()).isEqualTo(5);
    assertThat(snapshot.lastFrameAgeNanos()).isEqualTo(1_000_000_000);
    assertThat(snapshot.health().state()).isEqualTo(HealthState.OK);
    assertThat(snapshot.leakedFrames()).isZero();
  }

  @Test
  void keepsOnlyTheNewestWhileTheSinkIsBusy() throws Exception {
    allowed = new Semaphore(0);
    offer(1);
    entered.acquire();
    assertThat(offer(2)).isEqualTo(Offer.ACCEPTED);
    assertThat(offer(3)).isEqualTo(Offer.REPLACED_OLDER);
    assertThat(offer(4)).isEqualTo(Offer.REPLACED_OLDER);
    allowed.release();
    awaitPublished(1);
    allowed.release();
    awaitPublished(4);
    assertThat(pipeline.snapshot().drops().get(DropReason.REPLACED_BY_NEWER)).isEqualTo(2);
    assertThat(pipeline.snapshot().framesOut()).isEqualTo(2);
  }

  @Test
  void goesOnAfterFramesThatCannotBeUsed() throws Exception {
    offerBroken(1);
    await(() -> pipeline.snapshot().drops().get(DropReason.TOO_LITTLE_DATA) == 1);
    pipeline.reject(DropReason.UNKNOWN_ENCODING, "encoding 'mono16' is not read");
    offer(2);
    awaitPublished(2);
    PerceptionSnapshot snapshot = pipeline.snapshot();
    assertThat(snapshot.framesIn()).isEqualTo(3);
    assertThat(snapshot.framesOut()).isEqualTo(1);
    assertThat(snapshot.drops().get(DropReason.UNKNOWN_ENCODING)).isEqualTo(1);
    time.advanceMillis(1000);
    assertThat(pipeline.health().state()).isEqualTo(HealthState.DEGRADED);
    assertThat(pipeline.health().reasons().get(0)).contains("67 % of the frames were rejected");
  }

  @Test
  void goesOnAfterASinkThatFails() throws Exception {
    failure =
        () -> {
          throw new IllegalStateException("no connection");
        };
    offer(1);
    await(() -> pipeline.snapshot().drops().get(DropReason.SINK_FAILED) == 1);
    assertThat(pipeline.health().reasons().toString()).contains("no connection");
    offer(2);
    awaitPublished(2);
    assertThat(pipeline.health().reasons()).isEmpty();
  }

  @Test
  void goesOnAfterAnErrorOfTheMachine() throws Exception {
    failure =
        () -> {
          throw new OutOfMemoryError("Cannot reserve 9 bytes of direct buffer memory");
        };
    offer(1);
    await(() -> pipeline.snapshot().drops().get(DropReason.SINK_FAILED) == 1);
    assertThat(pipeline.health().reasons().toString()).contains("direct buffer memory");
    offer(2);
    awaitPublished(2);
    assertThat(pipeline.health().reasons()).isEmpty();
  }

  @Test
  void goesOnAfterAnErrorInPerceiving() throws Exception {
    perceiversFailure = new OutOfMemoryError("Cannot reserve 9 bytes of direct buffer memory");
    offer(1);
    await(() -> pipeline.snapshot().drops().get(DropReason.INFERENCE_FAILED) == 1);
    assertThat(pipeline.health().state()).isEqualTo(HealthState.ERROR);
    assertThat(pipeline.health().reasons().toString()).contains("direct buffer memory");
    offer(2);
    awaitPublished(2);
    assertThat(pipeline.health().reasons()).isEmpty();
  }

  @Test
  void publishesNothingThatIsTooOld() throws Exception {
    Frame late =
        Frames.plain(pipeline.frames(), 32, 24, RED, 1, time.monotonicNanos() - 1_000_000_001L);
    pipeline.offer(late);
    await(() -> pipeline.snapshot().drops().get(DropReason.TOO_OLD) == 1);
    offer(2);
    awaitPublished(2);
    assertThat(published).isEmpty();
  }

  @Test
  void rejectsAndCountsDamagedFilesAndNamesThemOnce() throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(32, 24, BufferedImage.TYPE_INT_RGB), "jpg", file);
    byte[] whole = file.toByteArray();
    Logger logger = (Logger) LoggerFactory.getLogger(PerceptionPipeline.class);
    ListAppender<ILoggingEvent> said = new ListAppender<>();
    said.start();
    Level before = logger.getLevel();
    logger.setLevel(Level.WARN);
    logger.setAdditive(false);
    logger.addAppender(said);
    try {
      for (int cut = 1; cut <= 5; cut++) {
        Frame frame = pipeline.frames().acquire();
        frame.prepare(whole.length - 2 - cut).put(whole, 0, whole.length - 2 - cut);
        frame.describe(PixelEncoding.JPEG, 0, 0, 0, cut, time.monotonicNanos(), "camera", cut);
        pipeline.offer(frame);
        long rejected = cut;
        await(() -> pipeline.snapshot().drops().get(DropReason.CORRUPT_IMAGE) == rejected);
      }
      // other wordings of the same: what the decoder says depends on the byte
      for (int at = 0; at < 60; at++) {
        Frame frame = pipeline.frames().acquire();
        byte[] bent = whole.clone();
        bent[whole.length * (at + 20) / 100] ^= (byte) (0x55 + at);
        frame.prepare(bent.length).put(bent);
        frame.describe(PixelEncoding.JPEG, 0, 0, 0, 6, time.monotonicNanos(), "camera", 6);
        pipeline.offer(frame);
        long seen = at + 6L;
        await(
            () ->
                pipeline.snapshot().drops().get(DropReason.CORRUPT_IMAGE)
                        + pipeline.snapshot().framesOut()
                    >= seen);
      }
      published.clear();
      offer(10);
      awaitPublished(10);
    } finally {
      logger.detachAppender(said);
      logger.setAdditive(true);
      logger.setLevel(before);
    }
    assertThat(said.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .filteredOn(line -> line.startsWith("corrupt_image"))
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains("JPEG is damaged: it is truncated");
    time.advanceMillis(1000);
    assertThat(pipeline.health().reasons().toString()).contains("JPEG is damaged");
  }

  @Test
  void publishesNothingThatIsTooOldByItsStamp() throws Exception {
    long first = time.epochNanos();
    offer(first);
    awaitPublished(first);
    assertThat(pipeline.snapshot().ageFrom()).isEqualTo("stamp");
    // It stands still for five seconds; then all that the link held comes in at once.
    time.advanceMillis(5000);
    offer(time.epochNanos() - 4_900_000_000L);
    await(() -> pipeline.snapshot().drops().get(DropReason.TOO_OLD) == 1);
    long fresh = time.epochNanos() - 900_000_000L;
    offer(fresh);
    awaitPublished(fresh);
    assertThat(published).isEmpty();
  }

  @Test
  void saysNothingOfAgesUntilAnImageHasCounted() throws Exception {
    String unknown = "unknown: no image has been used yet";
    assertThat(pipeline.snapshot().ageFrom()).isEqualTo(unknown);
    pipeline.reject(DropReason.BAD_MESSAGE, "cut off");
    offerBroken(time.epochNanos());
    await(() -> pipeline.snapshot().dropped() == 2);
    assertThat(pipeline.snapshot().ageFrom()).isEqualTo(unknown);
    long stamp = time.epochNanos();
    offer(stamp);
    awaitPublished(stamp);
    assertThat(pipeline.snapshot().ageFrom()).isEqualTo("stamp");
  }

  @Test
  void countsFromArrivalWhereStampsAreOfAnotherClock() throws Exception {
    for (long stamp = 1; stamp <= 3; stamp++) {
      offer(stamp);
      awaitPublished(stamp);
      time.advanceMillis(2000);
    }
    assertThat(pipeline.snapshot().ageFrom()).startsWith("arrival: stamps are 17000000");
    assertThat(pipeline.health().state()).isNotEqualTo(HealthState.ERROR);
  }

  @Test
  void countsStampsThatGoBackAndUsesTheFrames() throws Exception {
    offer(100);
    awaitPublished(100);
    offer(50);
    awaitPublished(50);
    assertThat(pipeline.snapshot().stampsWentBack()).isEqualTo(1);
    assertThat(pipeline.snapshot().framesOut()).isEqualTo(2);
  }

  @Test
  void saysThatItIsStaleAndRecovers() throws Exception {
    assertThat(pipeline.health().state()).isEqualTo(HealthState.STARTING);
    time.advanceMillis(6000);
    assertThat(pipeline.health().state()).isEqualTo(HealthState.STALE);
    offer(1);
    awaitPublished(1);
    assertThat(pipeline.health().state()).isEqualTo(HealthState.OK);
    time.advanceMillis(1001);
    assertThat(pipeline.health().state()).isEqualTo(HealthState.STALE);
    assertThat(pipeline.health().reasons()).containsExactly("no frame for 1.0 s");
    offer(2);
    awaitPublished(2);
    assertThat(pipeline.health().state()).isEqualTo(HealthState.OK);
  }

  @Test
  void takesNothingAfterClosing() {
    pipeline.close();
    pipeline.close();
    assertThat(offer(1)).isEqualTo(Offer.CLOSED);
    assertThat(pipeline.snapshot().drops().get(DropReason.CLOSED)).isEqualTo(1);
  }

  @Test
  void saysThatAFrameHangsAndWhenItEndsAfterAll() throws Exception {
    offer(1);
    awaitPublished(1);
    allowed = new Semaphore(0);
    offer(2);
    entered.acquire(2);
    time.advanceMillis(9_900);
    assertThat(pipeline.snapshot().health().reasons()).noneMatch(r -> r.contains("hangs"));
    time.advanceMillis(200);
    assertThat(pipeline.snapshot().health().state()).isEqualTo(HealthState.ERROR);
    assertThat(pipeline.health().reasons())
        .anyMatch(r -> r.contains("hangs") && r.contains("10.0 s") && r.contains("cpu"));
    allowed.release(1000);
    await(() -> pipeline.health().reasons().stream().noneMatch(r -> r.contains("hangs")));
  }

  @Test
  void givesTheFirstFrameTimeToWarmTheEngineUp() throws Exception {
    allowed = new Semaphore(0);
    offer(1);
    entered.acquire();
    time.advanceMillis(119_000);
    assertThat(pipeline.health().reasons()).noneMatch(r -> r.contains("hangs"));
    time.advanceMillis(2_000);
    assertThat(pipeline.health().reasons()).anyMatch(r -> r.contains("hangs"));
  }

  @Test
  void endsWithinSecondsThoughAFrameHangs() throws Exception {
    allowed = new Semaphore(0);
    offer(1);
    entered.acquire();
    long start = System.nanoTime();
    pipeline.close();
    assertThat(System.nanoTime() - start).isLessThan(30_000_000_000L);
    assertThat(pipeline.outlivesItsEnd()).isTrue();
    allowed.release(1000);
    await(() -> !pipeline.outlivesItsEnd());
  }

  private void awaitPassedOver(long stamp) throws InterruptedException {
    assertThat(passedOver.poll(30, TimeUnit.SECONDS)).isEqualTo(stamp);
    await(() -> pipeline.framesNotWanted() == stamp);
  }

  @Test
  void perceivesNothingThatNobodyWantsAndTheNextFrameThatSomebodyDoes() throws Exception {
    wanted = false;
    int before = perceiversLooks.get();
    for (long stamp = 1; stamp <= 5; stamp++) {
      time.advanceMillis(600);
      assertThat(offer(stamp)).isEqualTo(Offer.ACCEPTED);
      awaitPassedOver(stamp);
    }
    assertThat(perceiversLooks).as("the perceiver was not called").hasValue(before);
    PerceptionSnapshot idle = pipeline.snapshot();
    assertThat(idle.idle()).isTrue();
    assertThat(idle.framesIn()).isEqualTo(5);
    assertThat(idle.framesOut()).isZero();
    assertThat(idle.drops()).containsEntry(DropReason.NOT_WANTED, 5L);
    assertThat(idle.dropped()).isEqualTo(5);
    assertThat(idle.health().reasons()).isEmpty();
    assertThat(idle.health().state()).isEqualTo(HealthState.OK);
    assertThat(idle.ageFrom()).as("age is known already").doesNotContain("unknown");

    wanted = true;
    offer(6);
    awaitPublished(6);
    PerceptionSnapshot busy = pipeline.snapshot();
    assertThat(busy.idle()).isFalse();
    assertThat(busy.framesOut()).isEqualTo(1);
    assertThat(busy.dropped()).isEqualTo(5);
  }

  @Test
  void seesWhatIsWrongWithTheCameraThoughNobodyWantsAnything() throws Exception {
    wanted = false;
    offer(1);
    awaitPassedOver(1);
    offerBroken(2);
    await(() -> pipeline.snapshot().drops().get(DropReason.TOO_LITTLE_DATA) == 1);
    assertThat(pipeline.framesNotWanted()).isEqualTo(1);
    time.advanceMillis(1001);
    assertThat(pipeline.health().reasons()).anyMatch(r -> r.contains("no frame for 1.0 s"));
    for (long stamp = 2; stamp <= 32; stamp++) {
      time.advanceMillis(100);
      pipeline.offer(Frames.plain(pipeline.frames(), 32, 24, RED, stamp, time.monotonicNanos()));
      awaitPassedOver(stamp);
    }
    assertThat(pipeline.standsStill().orElse("")).contains("the same image for 31 frames");
  }

  @Test
  void givesTheFirstFrameTimeToWarmUpAlsoAfterOnesThatNobodyWanted() throws Exception {
    wanted = false;
    offer(1);
    awaitPassedOver(1);
    wanted = true;
    allowed = new Semaphore(0);
    offer(2);
    entered.acquire();
    time.advanceMillis(119_000);
    assertThat(pipeline.health().reasons()).noneMatch(r -> r.contains("hangs"));
  }
}
