package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.PublisherState;
import dev.tarsier.ros.port.RosException;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.runtime.health.HealthState;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.testing.TestBundles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CameraWatchTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String IMAGE = "sensor_msgs/Image";
  private static final String PACKED = "sensor_msgs/CompressedImage";

  @TempDir static Path folder;

  private final Map<String, String> published = new TreeMap<>();
  private final Map<String, String> raised = new TreeMap<>();
  private final ListAppender<ILoggingEvent> console = new ListAppender<>();
  private final Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger(CameraWatch.class);
  private BundleManifest manifest;
  private CameraWatch watch;
  private int asked;
  private boolean masterAway;
  private long now;
  private long frames;
  private List<PublisherState> publishers = List.of();
  private List<String> frameIds = List.of();
  private Optional<String> still = Optional.empty();
  private CameraInfo info;

  @BeforeEach
  void start() throws Exception {
    logger.setLevel(Level.INFO);
    logger.setAdditive(false); // tests are silent
    console.start();
    logger.addAppender(console);
    manifest = TestBundles.load(folder.resolve("brightness-v1")).manifest();
    watch(new PerceptionNode.ImageTopics("/camera/image", false, "/camera/camera_info"));
  }

  @AfterEach
  void stop() {
    logger.detachAppender(console);
    logger.setLevel(null);
    logger.setAdditive(true);
  }

  private void watch(PerceptionNode.ImageTopics topics) {
    watch =
        new CameraWatch(
            "/tarsier_perception",
            topics,
            manifest,
            new CameraWatch.Conditions() {
              @Override
              public void raise(String key, HealthState level, String reason) {
                raised.put(key, reason);
              }

              @Override
              public void clear(String key) {
                raised.remove(key);
              }
            },
            () -> {
              asked++;
              if (masterAway) {
                throw new RosException("the master is not reached");
              }
              return published;
            },
            now);
  }

  private void look(int times, int framesEach) {
    for (int i = 0; i < times; i++) {
      now += SECOND;
      frames += framesEach;
      watch.look(
          new CameraWatch.Look(
              now,
              frames,
              frames,
              publishers,
              frameIds,
              still,
              info != null,
              info == null ? null : Calibration.of(info.model(), 320, 240)));
    }
  }

  private String silence() {
    look(12, 0);
    return raised.get("camera_silent");
  }

  private long said(String text) {
    return console.list.stream().filter(e -> e.getFormattedMessage().contains(text)).count();
  }

  private static CameraInfo pinhole(int width, int height, double f) {
    return CameraInfo.pinhole(
        new Header(0, RosTime.ZERO, "cam"), width, height, f, f, width / 2.0, height / 2.0);
  }

  @Test
  void saysOnceThatNothingArrivesAndOnceThatItArrivesAgain() {
    look(5, 0);
    assertThat(raised).isEmpty();
    assertThat(asked).isZero();
    look(60, 0);
    assertThat(asked).as("every ten seconds").isBetween(5, 7);
    assertThat(raised.get("camera_silent"))
        .contains("nothing arrives on /camera/image")
        .contains("nobody publishes it");
    assertThat(said("nothing arrives")).isEqualTo(1);
    look(1, 1);
    look(1, 0);
    assertThat(said("images arrive")).as("one image alone is no camera").isZero();
    look(3, 10);
    assertThat(raised).doesNotContainKey("camera_silent");
    assertThat(said("images arrive")).isEqualTo(1);
    int before = asked;
    look(30, 10);
    assertThat(asked).as("never while images arrive").isEqualTo(before);
    look(20, 0);
    assertThat(said("nothing arrives")).isEqualTo(2);
  }

  @Test
  void knowsThatOnlyAnotherTransportIsPublished() {
    published.put("/camera/image/compressed", PACKED);
    assertThat(silence()).contains("only /camera/image/compressed").contains("compressed:=true");
    published.clear();
    published.put("/camera/image/theora", "theora_image_transport/Packet");
    assertThat(silence()).contains("/camera/image/theora").contains("republish theora");
    published.clear();
    published.put("/camera/image", IMAGE);
    watch(new PerceptionNode.ImageTopics("/camera/image/compressed", true, "/camera/camera_info"));
    assertThat(silence()).contains("only /camera/image is").contains("compressed:=false");
  }

  @Test
  void knowsATopicOfAnotherType() {
    published.put("/camera/image", "std_msgs/String");
    published.put("/front/image_raw", IMAGE);
    published.put("/tarsier_perception/depth", IMAGE);
    assertThat(silence())
        .contains("published as std_msgs/String, not as sensor_msgs/Image")
        .contains("image:=/front/image_raw")
        .doesNotContain("/tarsier_perception/depth");
    published.put("/camera/image", PACKED);
    assertThat(silence()).contains("not as sensor_msgs/Image").contains("relay");
  }

  @Test
  void knowsTheNearestOfOtherImagesAndThatThereAreNone() {
    assertThat(silence()).contains("is the camera's driver running?");
    published.put("/camera/image_raw", IMAGE);
    published.put("/a", IMAGE);
    assertThat(silence()).contains("image:=/camera/image_raw");
  }

  @Test
  void knowsAPublisherThatIsSilentOrNotReachedAndAMasterThatIsAway() {
    published.put("/camera/image", IMAGE);
    publishers = List.of(new PublisherState("/driver", true, 0, ""));
    assertThat(silence()).contains("/driver is connected and sends nothing");
    publishers = List.of(new PublisherState("http://robot:1", false, 0, "refused"));
    assertThat(silence()).contains("http://robot:1 (refused)").contains("ROS_HOSTNAME");
    masterAway = true;
    assertThat(silence()).contains("the master is not reached");
  }

  @Test
  void namesTwoCamerasOnOneTopic() {
    for (int i = 1; i < 4; i++) {
      publishers =
          List.of(
              new PublisherState("/left", true, 100L * i, ""),
              new PublisherState("/right", true, 100L * i, ""));
      look(1, 20);
    }
    assertThat(raised.get("two_cameras")).contains("/left and /right").contains("/camera/image");
    look(10, 20);
    assertThat(raised).doesNotContainKey("two_cameras");
    frameIds = List.of("cam_a", "cam_b");
    look(3, 20);
    assertThat(raised.get("two_cameras")).contains("'cam_a' and 'cam_b'").contains("remap image:=");
  }

  @Test
  void noticesFramesThatAlternateAndNotOneThatWasReplaced() {
    FrameIds ids = new FrameIds();
    ids.saw("a", 0);
    ids.saw("b", SECOND);
    ids.saw("b", 2 * SECOND);
    assertThat(ids.alternating(2 * SECOND)).isEmpty();
    ids.saw("a", 3 * SECOND);
    ids.saw("b", 4 * SECOND);
    assertThat(ids.alternating(4 * SECOND)).containsExactly("a", "b");
    assertThat(ids.alternating(60 * SECOND)).isEmpty();
  }

  @Test
  void saysOnceThatThePictureStandsStill() {
    info = pinhole(320, 240, 290);
    look(3, 10);
    still = Optional.of("the camera is frozen: 31 frames");
    look(1, 10);
    still = Optional.of("the camera is frozen: 41 frames");
    look(3, 10);
    assertThat(said("the camera is frozen")).isEqualTo(1);
    still = Optional.empty();
    look(1, 10);
    assertThat(said("over: the camera is frozen")).isEqualTo(1);
  }

  @Test
  void warnsOfMetresWithoutACameraInfoUntilOneComes() {
    look(1, 10);
    assertThat(raised).isEmpty();
    look(5, 10);
    assertThat(raised.get("camera_info"))
        .contains("no camera_info on /camera/camera_info")
        .contains("assumes the training camera's focal length of 29.0 px at 32x24");
    info = pinhole(320, 240, 290);
    look(2, 10);
    assertThat(raised).isEmpty();
    assertThat(said("no camera_info")).as("once, and once that it is over").isEqualTo(2);
  }

  @Test
  void degradesWhereTheSizesDoNotFitAndSaysWhereTheyWereScaled() {
    info = pinhole(1280, 720, 1160);
    look(3, 10);
    assertThat(raised.get("camera_info")).contains("1280x720").contains("320x240");
    info = pinhole(1280, 960, 1160);
    look(3, 10);
    assertThat(raised).isEmpty();
    assertThat(said("scaled by 1/4")).isEqualTo(1);
  }

  @Test
  void saysOnceThatACalibrationCannotBe() {
    CameraInfo good = pinhole(320, 240, 290);
    info = pinhole(320, 240, 1e6);
    look(30, 10);
    assertThat(raised.get("camera_info")).contains("K cannot be a camera's");
    assertThat(said("K cannot be a camera's")).isEqualTo(1);
    info = good;
    look(2, 10);
    assertThat(raised).isEmpty();
  }

  @Test
  void saysByWhichFactorDepthMayBeOff() {
    info = pinhole(320, 240, 435); // 43.5 at the network's 32x24, trained with 29
    look(3, 10);
    assertThat(raised.get("focal_length")).contains("43.5 px").contains("29.0 px").contains("1.50");
    assertThat(said("1.50")).isEqualTo(1);
    info = pinhole(320, 240, 300);
    look(2, 10);
    assertThat(raised).as("3 % is none").isEmpty();
  }

  @Test
  void proposesNoTopicThatIsNoColour() {
    published.put("/other_node/segmentation", IMAGE);
    published.put("/other_node/segmentation_color", IMAGE);
    published.put("/other_node/depth", IMAGE);
    published.put("/other_node/classes", "std_msgs/String");
    published.put("/camera/depth/image_raw", IMAGE);
    published.put("/camera/infra1/image_rect_raw", IMAGE);
    look(10, 0);
    assertThat(raised.toString()).contains("is the camera's driver running?");
    published.put("/camera/color/image_raw", IMAGE);
    look(30, 0);
    assertThat(raised.toString())
        .contains("there are images on /camera/color/image_raw; remap")
        .doesNotContain("other_node");
  }
}
