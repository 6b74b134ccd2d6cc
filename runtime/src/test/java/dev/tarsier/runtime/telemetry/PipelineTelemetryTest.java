package dev.tarsier.runtime.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.pipeline.PerceptionPipeline;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import dev.tarsier.runtime.pipeline.PipelineOptions;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.pipeline.SceneSink;
import dev.tarsier.runtime.testing.ManualTime;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PipelineTelemetryTest {
  private static final TelemetryIdentity WHO = TelemetryIdentity.newSession("r", "/n");

  @Test
  void tellsWhatARunningPipelineDoesByTheSchemas(@TempDir Path folder) throws Exception {
    Bundle bundle = TestBundles.load(folder);
    CountDownLatch perceived = new CountDownLatch(1);
    ManualTime time = new ManualTime();
    SessionOptions session = SessionOptions.of(ProviderPreference.auto()).withThreads(1);
    PerceptionPipeline pipeline =
        new PerceptionPipeline(
            new Perceiver(bundle, session, time),
            scene -> perceived.countDown(),
            PipelineOptions.DEFAULT.withTime(time));
    pipeline.start();
    offer(pipeline, time);
    perceived.await();
    pipeline.reject(DropReason.UNKNOWN_ENCODING, "unknown encoding 'xyz'");
    pipeline.close();
    time.advanceMillis(2000);
    PerceptionSnapshot snapshot = pipeline.snapshot();

    String factsheet =
        text(
            TelemetryJson.VERSION_2.factsheet(
                WHO, Instant.EPOCH, new PipelineTelemetry(() -> snapshot).factsheet()));
    Schemas.assertValid("factsheet", factsheet);
    assertThat(factsheet)
        .contains("\"modelSha256\":\"" + bundle.modelSha256())
        .contains("\"provider\":\"cpu\"")
        .contains("{\"provider\":\"tensorrt fp16\",\"reason\":\"");

    Metrics metrics = new PipelineTelemetry(() -> snapshot).metrics();
    Schemas.assertValid(
        "metrics", text(TelemetryJson.VERSION_2.metrics(WHO, Instant.EPOCH, 0, metrics)));
    assertThat(metrics.frames()).isEqualTo(new Metrics.Frames(2, 1, 1, 0, 0));
    assertThat(metrics.fps()).isEqualTo(new Metrics.Rates(1, 0.5));
    assertThat(metrics.dropped()).containsOnlyKeys("unknown_encoding");
    assertThat(metrics.latencyMillis()).containsKeys("infer", "age");
    assertThat(metrics.latencyMillis().get("age").count()).isEqualTo(1);
    assertThat(metrics.lastFrameAgeMillis()).isEqualTo(2000.0);
    assertThat(metrics.idle()).isFalse();
  }

  @Test
  void saysThatItIsIdleByTheSchema(@TempDir Path folder) throws Exception {
    ManualTime time = new ManualTime();
    SessionOptions session = SessionOptions.of(ProviderPreference.cpu()).withThreads(1);
    CountDownLatch passedOver = new CountDownLatch(1);
    SceneSink nobody =
        new SceneSink() {
          @Override
          public boolean wanted() {
            return false;
          }

          @Override
          public void passedOver(Frame frame) {
            passedOver.countDown();
          }

          @Override
          public void accept(Scene scene) {
            throw new AssertionError("nobody wants it");
          }
        };
    PerceptionPipeline pipeline =
        new PerceptionPipeline(
            new Perceiver(TestBundles.load(folder), session, time),
            nobody,
            PipelineOptions.DEFAULT.withTime(time));
    pipeline.start();
    offer(pipeline, time);
    passedOver.await();
    pipeline.close(); // after the frame in work
    Metrics metrics = new PipelineTelemetry(pipeline::snapshot).metrics();
    String json = text(TelemetryJson.VERSION_2.metrics(WHO, Instant.EPOCH, 0, metrics));
    Schemas.assertValid("metrics", json);
    assertThat(json).contains("\"idle\":true").contains("\"dropped\":{\"not_wanted\":1}");
    assertThat(metrics.frames()).isEqualTo(new Metrics.Frames(1, 0, 1, 0, 0));
    assertThat(metrics.health().level()).isEqualTo("ok");
    assertThat(Schemas.errors("metrics", json.replace("\"idle\":true", "\"idle\":\"yes\"")))
        .isNotEmpty();
    assertThat(text(TelemetryJson.VERSION_1.metrics(WHO, Instant.EPOCH, 0, metrics)))
        .as("version 1 is closed")
        .doesNotContain("idle");
  }

  private static void offer(PerceptionPipeline pipeline, ManualTime time) {
    // Handed over: the pipeline closes it.
    Frame frame = pipeline.frames().acquire();
    frame.prepare(3 * TestBundles.WIDTH * TestBundles.HEIGHT);
    frame.describe(
        PixelEncoding.RGB8,
        TestBundles.WIDTH,
        TestBundles.HEIGHT,
        3 * TestBundles.WIDTH,
        time.epochNanos(),
        time.monotonicNanos(),
        "camera",
        0);
    pipeline.offer(frame);
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }
}
