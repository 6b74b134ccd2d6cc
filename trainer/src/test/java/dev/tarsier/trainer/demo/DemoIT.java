package dev.tarsier.trainer.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.model.BundleException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole way over real sockets, with a bundle whose network is checked by hand elsewhere. */
@Timeout(180)
class DemoIT {
  private static final int FRAMES = 12;

  @TempDir Path folder;

  @Test
  void everyFrameComesBackAndScoresAsInReplay() throws Exception {
    DemoRequest request = request(TestBundles.brightness(folder.resolve("bundle")));
    Path killed = Files.createDirectories(request.cache()).resolve("killed.part.active");
    Files.createFile(killed);
    Files.setLastModifiedTime(killed, FileTime.fromMillis(0));
    Set<DemoProgress.Step> steps = EnumSet.noneOf(DemoProgress.Step.class);
    DemoResult result = Demo.run(request, (step, done, total) -> steps.add(step));

    assertThat(result.complete()).isTrue();
    assertThat(result.sent()).isEqualTo(FRAMES);
    assertThat(result.node().framesIn()).isEqualTo(FRAMES);
    // A machine that is busy may drop frames, newest wins; none may get lost uncounted.
    assertThat(result.received() + result.node().dropped()).isEqualTo(FRAMES);
    assertThat(result.endToEnd().count()).isEqualTo(result.received());
    assertThat(result.telemetry().state()).isEqualTo("online");
    assertThat(result.telemetry().metrics()).isPositive();
    assertThat(result.replay().counts().out()).isEqualTo(FRAMES);
    assertThat(result.report()).isNotEmptyFile();
    assertThat(steps).containsExactlyInAnyOrder(DemoProgress.Step.values());
    // The bundle has three classes of its own, the rooms have thirteen others.
    Map<Head, Map<String, Double>> scores = result.scores();
    assertThat(scores).hasSize(2);
    scores.forEach((head, values) -> assertThat(values.isEmpty()).isEqualTo(head.kind().isIds()));
    if (result.received() == FRAMES) {
      // What came over the topics is what the same network gives for the same bag.
      BundleManifest manifest = result.node().bundle().manifest();
      assertThat(scores.get(manifest.firstHead(MetricMap.class).orElseThrow()).get("depth.rmse"))
          .isCloseTo(result.replay().metrics().get("depth.rmse").value(), within(1e-6));
    }
    bagIsRenderedOnce(request, result);
  }

  private void bagIsRenderedOnce(DemoRequest request, DemoResult result) throws Exception {
    FileTime written = Files.getLastModifiedTime(result.bag());
    assertThat(DemoBag.at(request, done -> {})).isEqualTo(result.bag());
    assertThat(Files.getLastModifiedTime(result.bag())).isEqualTo(written);
    try (Stream<Path> files = Files.list(request.cache())) {
      assertThat(files).containsExactly(result.bag());
    }
  }

  @Test
  void aBundleThatIsRefusedIsToldBeforeAnythingIsRendered() throws Exception {
    Path bundle = TestBundles.brightness(folder.resolve("bundle"));
    Files.write(bundle.resolve("model.onnx"), new byte[] {1});
    DemoRequest request = request(bundle);
    assertThatThrownBy(() -> Demo.run(request, (step, done, total) -> {}))
        .isInstanceOf(BundleException.class);
    assertThat(List.of(request.cache(), request.out())).noneMatch(Files::exists);
  }

  private DemoRequest request(Path bundle) {
    return new DemoRequest(
        bundle, folder.resolve("out"), folder.resolve("cache"), FRAMES, 64, 48, 10, 5, "cpu", 1);
  }
}
