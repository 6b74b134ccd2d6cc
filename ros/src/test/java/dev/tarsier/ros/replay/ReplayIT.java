package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.Python;
import dev.tarsier.runtime.inference.NetworkChoice;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.runtime.testing.TestBundles;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replay on real bags of a kitchen, read back by Debian's rosbag and opened in a browser. */
@Tag("untimed")
class ReplayIT {
  @TempDir Path folder;

  private ReplayReport replay(String bag, Optional<Path> record) throws Exception {
    return replay(Prerequisites.shared(bag), record);
  }

  private ReplayReport replay(Path bag, Optional<Path> record) throws Exception {
    Path bundle = TestBundles.brightness(folder.resolve("brightness-v1"));
    return Replay.run(
        new ReplayOptions(
            List.of(bag),
            bundle,
            folder.resolve("out"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalDouble.empty(),
            false,
            ReplayOptions.DEFAULT_MIN_COVERAGE,
            ReplayOptions.DEFAULT_TOLERANCE_MILLIS,
            ReplayOptions.DEFAULT_WORST_FRAMES,
            record,
            List.of(),
            NetworkChoice.FLOAT,
            SessionOptions.of(ProviderPreference.cpu()).withThreads(1)),
        Replay.Progress.none());
  }

  @Test
  void recordsABagThatRosbagReadsAndThatHasTheReportsHash() throws Exception {
    Path recorded = folder.resolve("outputs.bag");
    ReplayReport report = replay("data/bags/kitchen_raw.bag", Optional.of(recorded));
    Path script = Prerequisites.root().resolve("ros/src/test/resources/ros/recorded.py");
    Prerequisites.programs("rosbag");
    assertThat(
            Python.program(
                folder,
                "/usr/bin/python3",
                script.toString(),
                recorded.toAbsolutePath().toString()))
        .containsExactly("8 8 " + report.outputSha256());
  }

  /** Frames wait for their truth, each in a buffer of its own. */
  @ParameterizedTest
  @CsvSource({"slow, 2", "late, 60", "heights, 1"})
  void perceivesEachFrameWhileOthersWaitForTheirTruth(String kind, int matchedAtLeast)
      throws Exception {
    Path bag = folder.resolve(kind + ".bag");
    Python.run(ReplayIT.class, "uneven_bag.py", folder, bag.toString(), kind);
    ReplayReport report = replay(bag, Optional.empty());
    assertThat(report.counts().out()).isEqualTo(60);
    assertThat(report.counts().matched().get("depth")).isGreaterThanOrEqualTo(matchedAtLeast);
  }

  @Test
  void findsTheTopicsOfRealBags() throws Exception {
    ReplayReport lz4 = replay("data/bags/kitchen_raw_lz4.bag", Optional.empty());
    assertThat(lz4.topics().image()).isEqualTo("/camera/rgb/image_color");
    assertThat(lz4.topics().truths().get("depth")).isEqualTo("/camera/depth_registered/image_raw");
    assertThat(lz4.topics().truths().get("segmentation")).isNull();
    assertThat(lz4.topics().cameraInfo()).isEqualTo("/camera/rgb/camera_info");
    assertThat(lz4.counts().out()).isEqualTo(15);
    assertThat(lz4.counts().matched().get("depth")).isEqualTo(15);
    // fx = 585 at 640 columns, and the bundle's input has 32.
    assertThat(lz4.camera().fx()).isEqualTo(585.0 / 20);
    ReplayReport jpeg = replay("data/bags/public/aruco_marker_jpeg.bag", Optional.empty());
    assertThat(jpeg.topics().image()).isEqualTo("/raspicam_node/image/compressed");
    assertThat(jpeg.topics().truths().get("depth")).isNull();
    assertThat(jpeg.counts().out()).isEqualTo(1);
  }

  @Test
  void opensInABrowserWithItsPicturesDrawn() throws Exception {
    Prerequisites.programs("chromium");
    replay("data/bags/kitchen_raw.bag", Optional.empty());
    Path picture = folder.resolve("report.png");
    Python.program(
        folder,
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--user-data-dir=" + folder.resolve("profile"),
        "--window-size=1200,1600",
        "--screenshot=" + picture,
        folder.resolve("out/report.html").toUri().toString());
    assertThat(Files.size(picture)).isPositive();
    BufferedImage shot = ImageIO.read(picture.toFile());
    Set<Integer> colors = new HashSet<>();
    for (int y = 0; y < shot.getHeight(); y += 2) {
      for (int x = 0; x < shot.getWidth(); x += 2) {
        colors.add(shot.getRGB(x, y));
      }
    }
    assertThat(colors)
        .as("photographs have many colours, a page without them few")
        .hasSizeGreaterThan(5000);
  }
}
