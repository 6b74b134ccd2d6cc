package dev.tarsier.runtime.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.tensor.OpenCv;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is held is counted, and a stream of frames holds no more than its first ones. What other
 * tests left to the collector may only make a count smaller meanwhile.
 */
@Timeout(60)
class HeldMemoryTest {
  private static final int[][] SIZES = {{64, 48}, {128, 72}, {32, 24}, {16, 12}};
  private static final PixelEncoding[] ENCODINGS = {
    PixelEncoding.RGB8, PixelEncoding.BGR8, PixelEncoding.MONO8, PixelEncoding.BGRA8
  };

  @TempDir Path folder;

  private final Semaphore done = new Semaphore(0);

  @Test
  void aStreamOfEverySizeHoldsWhatItsFirstFramesHeldAndNothingAfterItsEnd() throws Exception {
    OpenCv.load();
    long tensorsBefore = InferenceEngine.usual().liveTensors();
    long openCvBefore = OpenCv.liveObjects();
    try (PerceptionPipeline pipeline = pipeline()) {
      pipeline.start();
      // Views of the last eight buffers are kept, so that the first rounds add some.
      for (int i = 0; i < 3; i++) {
        offerEverySize(pipeline);
      }
      HeldMemory first = pipeline.snapshot().held();
      assertThat(first.frames()).isZero();
      assertThat(first.frameOverflows()).isZero();
      assertThat(first.tensors()).as("input and outputs").isEqualTo(tensorsBefore + 3);
      assertThat(first.openCv()).isGreaterThan(openCvBefore);
      for (int i = 0; i < 10; i++) {
        offerEverySize(pipeline);
      }
      HeldMemory last = pipeline.snapshot().held();
      assertThat(last.frames()).isZero();
      assertThat(last.tensors()).isEqualTo(first.tensors());
      assertThat(last.openCv()).isLessThanOrEqualTo(first.openCv());
    }
    assertThat(InferenceEngine.usual().liveTensors()).isEqualTo(tensorsBefore);
    assertThat(OpenCv.liveObjects()).isLessThanOrEqualTo(openCvBefore);
  }

  @Test
  void framesThatAreOutAndMatsThatAreOpenAreCounted() throws Exception {
    try (PerceptionPipeline pipeline = pipeline();
        Frame one = pipeline.frames().acquire();
        Frame two = pipeline.frames().acquire();
        Frame three = pipeline.frames().acquire();
        Frame beyond = pipeline.frames().acquire()) {
      assertThat(pipeline.snapshot().held().frames()).isEqualTo(4);
      assertThat(pipeline.snapshot().held().frameOverflows()).isEqualTo(1);
      assertThat(new Frame[] {one, two, three, beyond}).doesNotContainNull();
    }
    long before = OpenCv.liveObjects();
    try (Mat mat = new Mat()) {
      assertThat(mat.empty()).isTrue();
      assertThat(OpenCv.liveObjects()).isEqualTo(before + 1);
    }
    assertThat(OpenCv.liveObjects()).isEqualTo(before);
  }

  private PerceptionPipeline pipeline() throws Exception {
    SessionOptions session = SessionOptions.of(ProviderPreference.cpu()).withThreads(1);
    return new PerceptionPipeline(
        new Perceiver(TestBundles.load(folder), session, TimeSource.system()),
        new SceneSink() {
          @Override
          public void accept(Scene scene) {
            done.release();
          }
        },
        PipelineOptions.DEFAULT);
  }

  private void offerEverySize(PerceptionPipeline pipeline) throws InterruptedException {
    for (int i = 0; i < SIZES.length; i++) {
      PixelEncoding encoding = ENCODINGS[i];
      int width = SIZES[i][0];
      int height = SIZES[i][1];
      long out = pipeline.framesOut();
      // Handed over: the pipeline closes it.
      Frame frame = pipeline.frames().acquire();
      frame.prepare(encoding.bytesPerPixel() * width * height);
      frame.describe(
          encoding,
          width,
          height,
          encoding.bytesPerPixel() * width,
          System.currentTimeMillis() * 1_000_000,
          System.nanoTime(),
          "camera",
          i);
      pipeline.offer(frame);
      assertThat(done.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
      while (pipeline.framesOut() == out || pipeline.frames().leased() > 0) {
        Thread.onSpinWait();
      }
    }
  }
}
