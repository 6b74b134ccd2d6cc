package dev.tarsier.runtime.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.inference.InferenceException;
import dev.tarsier.runtime.inference.LoadedNetwork;
import dev.tarsier.runtime.inference.Precision;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.inference.TensorRtOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.testing.FakeEngine;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pipeline that serves while its engine is built. */
@Timeout(60)
class EngineBuildTest {
  @TempDir Path folder;
  @TempDir Path cache;

  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
  private final CountDownLatch building = new CountDownLatch(1);
  private final CountDownLatch mayGoOn = new CountDownLatch(1);
  private final FakeEngine engine = new FakeEngine();
  private long stamp;

  @BeforeEach
  void bundle() throws Exception {
    TestBundles.brightness(folder);
    TestBundles.addGolden(folder, 0xC80A10, 0x20F040);
  }

  /** Takes as long to build as the test wants, and then is so. */
  private FakeEngine.Fault slow(FakeEngine.Fault then) {
    return new FakeEngine.Fault() {
      @Override
      public void whileLoading() throws InferenceException {
        building.countDown();
        try {
          mayGoOn.await();
        } catch (InterruptedException e) {
          throw new InferenceException("interrupted", e);
        }
        then.whileLoading();
      }

      @Override
      public void afterRun(LoadedNetwork network) throws InferenceException {
        then.afterRun(network);
      }
    };
  }

  private static FakeEngine.Fault nothingWrong() {
    return new FakeEngine.Fault() {};
  }

  private PerceptionPipeline started() throws Exception {
    SessionOptions options =
        SessionOptions.of(ProviderPreference.prefer(Provider.TENSORRT))
            .withThreads(1)
            .withTensorRt(TensorRtOptions.DEFAULTS.withCache(cache.resolve("engines")));
    PerceptionPipeline pipeline =
        new PerceptionPipeline(
            Perceiver.serving(Bundle.load(folder), options, TimeSource.system(), engine),
            scene ->
                seen.add(
                    "%s %d %.3f"
                        .formatted(
                            scene.provider().id(),
                            scene.plane("segmentation").ids().get(0),
                            scene.plane("depth").values().get(0))),
            PipelineOptions.DEFAULT);
    pipeline.start();
    return pipeline;
  }

  /** What comes of one frame: provider, class and depth. */
  private String perceive(PerceptionPipeline pipeline) throws Exception {
    stamp++;
    pipeline.offer(Frames.plain(pipeline.frames(), 32, 24, 0x20F040, stamp, System.nanoTime()));
    return seen.poll(30, TimeUnit.SECONDS);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void servesOnCudaAndSwapsBetweenTwoFrames() throws Exception {
    engine.with(Provider.TENSORRT, Precision.FP16, slow(nothingWrong()));
    CountDownLatch told = new CountDownLatch(1);
    try (PerceptionPipeline pipeline = started()) {
      pipeline.onProviderChange(told::countDown);
      building.await();
      assertThat(perceive(pipeline)).as("before").isEqualTo("cuda 1 4.392");
      assertThat(perceive(pipeline)).as("during").isEqualTo("cuda 1 4.392");
      PerceptionSnapshot during = pipeline.snapshot();
      assertThat(during.provider()).isEqualTo("cuda");
      assertThat(during.building()).startsWith("tensorrt fp16, for ");
      assertThat(during.fallbacks())
          .contains(
              "tensorrt fp16: its engine is being built",
              "tensorrt fp32: its engine is being built");

      mayGoOn.countDown();
      await(() -> pipeline.snapshot().building().isEmpty());
      assertThat(perceive(pipeline)).as("after").isEqualTo("tensorrt 1 4.392");
      assertThat(told.await(30, TimeUnit.SECONDS)).isTrue();
      PerceptionSnapshot after = pipeline.snapshot();
      assertThat(after.provider()).isEqualTo("tensorrt fp16");
      assertThat(after.fallbacks()).isEmpty();
      assertThat(after.dropped()).isZero();
      assertThat(engine.open()).as("the one before is closed").isEqualTo(1);
    }
    assertThat(engine.open()).isZero();
    assertThat(engine.built()).containsExactly("tensorrt fp16");
  }

  @Test
  void swapsToSinglePrecisionWhereHalfComputesWrongly() throws Exception {
    engine.with(Provider.TENSORRT, Precision.FP16, slow(FakeEngine.nan()));
    try (PerceptionPipeline pipeline = started()) {
      building.await();
      mayGoOn.countDown();
      await(() -> pipeline.snapshot().building().isEmpty());
      assertThat(perceive(pipeline)).isEqualTo("tensorrt 1 4.392");
      assertThat(pipeline.snapshot().provider()).isEqualTo("tensorrt fp32");
      assertThat(pipeline.snapshot().fallbacks())
          .singleElement()
          .satisfies(
              each -> assertThat(each).startsWith("tensorrt fp16: golden/00.png: depth is NaN"));
    }
    assertThat(engine.open()).isZero();
  }

  @Test
  void goesOnWhereTheBuildFailsAndSaysWhy() throws Exception {
    engine.with(Provider.TENSORRT, Precision.FP16, slow(FakeEngine.notThere("out of workspace")));
    engine.with(Provider.TENSORRT, Precision.FP32, FakeEngine.oneClass());
    TestBundles.brightness(folder);
    TestBundles.addGolden(folder, 0xC80A10);
    try (PerceptionPipeline pipeline = started()) {
      building.await();
      mayGoOn.countDown();
      await(() -> pipeline.snapshot().building().isEmpty());
      assertThat(perceive(pipeline)).isEqualTo("cuda 1 4.392");
      PerceptionSnapshot snapshot = pipeline.snapshot();
      assertThat(snapshot.provider()).isEqualTo("cuda");
      assertThat(snapshot.fallbacks().get(0)).isEqualTo("tensorrt fp16: out of workspace");
      assertThat(snapshot.fallbacks().get(1))
          .startsWith("tensorrt fp32: golden/00.png: classes agree on 0.00 %");
    }
    assertThat(engine.open()).isZero();
  }

  @Test
  void anErrorWhileBuildingEndsOnlyTheBuild() throws Exception {
    engine.with(
        Provider.TENSORRT,
        Precision.FP16,
        new FakeEngine.Fault() {
          @Override
          public void whileLoading() {
            throw new UnsatisfiedLinkError("libnvinfer.so.10: no such file");
          }
        });
    try (PerceptionPipeline pipeline = started()) {
      await(() -> pipeline.snapshot().building().isEmpty());
      assertThat(perceive(pipeline)).isEqualTo("cuda 1 4.392");
      assertThat(pipeline.snapshot().fallbacks())
          .allSatisfy(each -> assertThat(each).contains("libnvinfer.so.10: no such file"));
    }
    assertThat(engine.open()).isZero();
  }

  @Test
  void closingDoesNotWaitForTheBuildAndLeavesNothingOpen() throws Exception {
    engine.with(Provider.TENSORRT, Precision.FP16, slow(nothingWrong()));
    PerceptionPipeline pipeline = started();
    building.await();
    assertThat(perceive(pipeline)).isEqualTo("cuda 1 4.392");
    pipeline.close();
    assertThat(pipeline.outlivesItsEnd()).as("native code still builds").isTrue();
    assertThat(engine.open()).isZero();
    mayGoOn.countDown();
    await(() -> !pipeline.outlivesItsEnd());
    assertThat(engine.open()).as("what was built too late is closed").isZero();
  }
}
