package dev.tarsier.ros.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.ros.ros1.adapter.Ros1Port;
import dev.tarsier.ros.ros1.graph.RosArguments;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.CompressedImage;
import dev.tarsier.ros.ros1.message.DiagnosticArray;
import dev.tarsier.ros.ros1.message.DiagnosticStatus;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.KeyValue;
import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.ros.ros1.message.RosMessage;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.ros.ros1.transport.Publisher;
import dev.tarsier.ros.ros1.transport.PublisherOptions;
import dev.tarsier.ros.ros1.transport.RosGraph;
import dev.tarsier.ros.ros1.transport.RosNode;
import dev.tarsier.ros.testing.Await;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.pipeline.PerceptionSnapshot;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * The node over real sockets and our own master, with the bundle {@code brightness-v1}, whose
 * outputs are known by hand: (153, 102, 51) is class 0 at 4 m. {@code PerceptionNodeIT} has real
 * ROS.
 */
class PerceptionNodeTest extends RobotAndCamera {
  private static final RosTime STAMP = new RosTime(1600000000, 33333301);

  private PerceptionNode node(Map<String, Object> over) throws Exception {
    return PerceptionNode.start(
        new Ros1Port(robot), NodeOptions.read(robot.parameters(), over), bundle);
  }

  private <T extends RosMessage> BlockingQueue<T> listen(String topic, MessageType<T> type) {
    BlockingQueue<T> messages = new LinkedBlockingQueue<>();
    camera.subscribe(
        topic,
        type,
        (received, arrivalNanos) -> {
          ByteBuffer body = received.bytes();
          ByteBuffer kept = ByteBuffer.allocate(body.remaining()).put(body.duplicate()).flip();
          messages.add(type.read(kept.order(ByteOrder.LITTLE_ENDIAN)));
        });
    return messages;
  }

  private <T extends RosMessage> Publisher<T> sender(String topic, MessageType<T> type)
      throws Exception {
    Publisher<T> publisher = camera.advertise(topic, type, PublisherOptions.queue(10));
    Await.until("the node on " + topic, () -> publisher.subscribers() == 1);
    return publisher;
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T message = queue.poll(15, TimeUnit.SECONDS);
    assertThat(message).as("a message").isNotNull();
    return message;
  }

  private static Image image(String encoding, int step, int bytes) {
    ByteBuffer data = ByteBuffer.allocate(bytes);
    for (int i = 0; i < bytes; i++) {
      data.put(i, (byte) new int[] {153, 102, 51}[i % 3]);
    }
    return new Image(new Header(9, STAMP, "optical"), 48, 64, encoding, false, step, data);
  }

  private static Image image() {
    return image("rgb8", 3 * 64, 3 * 64 * 48);
  }

  @Test
  void publishesWhatItSeesWithTheImagesStampAndFrame() throws Exception {
    try (PerceptionNode node = node(Map.of())) {
      assertThat(node.imageTopic()).isEqualTo(CAMERA);
      BlockingQueue<Image> segmentation = listen("/tarsier_perception/segmentation", Image.TYPE);
      BlockingQueue<Image> colors = listen("/tarsier_perception/segmentation_color", Image.TYPE);
      BlockingQueue<Image> depths = listen("/tarsier_perception/depth", Image.TYPE);
      BlockingQueue<CameraInfo> infos = listen("/tarsier_perception/camera_info", CameraInfo.TYPE);
      sender("/camera/rgb/camera_info", CameraInfo.TYPE)
          .publish(CameraInfo.pinhole(new Header(0, STAMP, "optical"), 64, 48, 60, 60, 32, 24));
      Publisher<Image> images = sender(CAMERA, Image.TYPE);
      // Connections and the calibration come in when they come in: images go on until all is seen.
      Await.until(
          "all four outputs",
          () -> {
            images.publish(image());
            return !segmentation.isEmpty()
                && !colors.isEmpty()
                && !depths.isEmpty()
                && !infos.isEmpty();
          });
      Image ids = next(segmentation);
      assertThat(ids.header().stamp()).isEqualTo(STAMP);
      assertThat(ids.header().frameId()).isEqualTo("optical");
      assertThat(ids.encoding()).isEqualTo("mono8");
      assertThat(ids.width()).isEqualTo(16);
      assertThat(ids.height()).isEqualTo(12);
      assertThat(bytes(ids)).containsOnly(0).hasSize(16 * 12);
      Image color = next(colors);
      assertThat(color.encoding()).isEqualTo("rgb8");
      assertThat(List.of(color.data().get(0), color.data().get(1), color.data().get(2)))
          .containsExactly((byte) 255, (byte) 0, (byte) 0);
      Image depth = next(depths);
      assertThat(depth.encoding()).isEqualTo("32FC1");
      assertThat(depth.step()).isEqualTo(4 * 16);
      for (int i = 0; i < 16 * 12; i++) {
        assertThat(depth.data().order(ByteOrder.LITTLE_ENDIAN).getFloat(4 * i)).isEqualTo(4f);
      }
      CameraInfo info = next(infos);
      assertThat(info.model().width()).isEqualTo(16);
      assertThat(info.model().k()).containsExactly(15, 0, 8, 0, 15, 6, 0, 0, 1);
      assertThat(info.header().stamp()).isEqualTo(STAMP);
    }
  }

  private static byte[] bytes(Image image) {
    byte[] bytes = new byte[image.data().remaining()];
    image.data().duplicate().get(bytes);
    return bytes;
  }

  @Test
  void tellsALateSubscriberWhatTheIdsMean() throws Exception {
    try (PerceptionNode node = node(Map.of())) {
      assertThat(node.snapshot().framesIn()).isZero();
      JsonNode json =
          new ObjectMapper()
              .readTree(next(listen("/tarsier_perception/classes", StringMessage.TYPE)).data());
      assertThat(json.get("model_sha256").asText()).isEqualTo(bundle.modelSha256());
      assertThat(json.get("ignore_id").asInt()).isEqualTo(255);
      assertThat(json.get("classes").get(1).get("name").asText()).isEqualTo("green");
      assertThat(json.get("classes").get(1).get("color").asText()).isEqualTo("#00FF00");
    }
  }

  @Test
  void takesCompressedImagesFromBesideTheTopic() throws Exception {
    BufferedImage picture = new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64 * 48; i++) {
      picture.setRGB(i % 64, i / 64, 0x996633);
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(picture, "png", png);
    try (PerceptionNode node = node(Map.of("compressed", true))) {
      assertThat(node.imageTopic()).isEqualTo(CAMERA + "/compressed");
      BlockingQueue<Image> depths = listen("/tarsier_perception/depth", Image.TYPE);
      Publisher<CompressedImage> images = sender(CAMERA + "/compressed", CompressedImage.TYPE);
      Await.until(
          "a depth image",
          () -> {
            images.publish(
                new CompressedImage(
                    new Header(0, STAMP, "optical"), "png", ByteBuffer.wrap(png.toByteArray())));
            return !depths.isEmpty();
          });
      assertThat(next(depths).data().order(ByteOrder.LITTLE_ENDIAN).getFloat(0)).isEqualTo(4f);
    }
  }

  @Test
  void countsAndReportsWhatIsNoImageAndGoesOn() throws Exception {
    try (PerceptionNode node = node(Map.of())) {
      BlockingQueue<DiagnosticArray> diagnostics = listen("/diagnostics", DiagnosticArray.TYPE);
      BlockingQueue<Image> depths = listen("/tarsier_perception/depth", Image.TYPE);
      Publisher<Image> images = sender(CAMERA, Image.TYPE);
      Await.until("the node for the listener", () -> !node.snapshot().idle());
      images.publish(image("rgb8", 63, 3 * 64 * 48)); // a row is 64 pixels
      images.publish(image("rgb161", 3 * 64, 3 * 64 * 48));
      images.publish(image("rgb8", 3 * 64, 5));
      images.publish(
          new Image(
              new Header(0, STAMP, ""),
              10_000,
              10_000,
              "rgb8",
              false,
              30_000,
              ByteBuffer.allocate(8)));
      images.publish(
          new Image(new Header(0, STAMP, ""), 0, 0, "rgb8", false, 0, ByteBuffer.allocate(0)));
      Await.until("five refused", () -> node.snapshot().dropped() == 5);
      images.publish(image());
      Await.until("the next one is perceived", () -> node.snapshot().framesOut() == 1);
      assertThat(next(depths).header().stamp()).isEqualTo(STAMP);
      assertThat(node.snapshot().drops())
          .containsEntry(DropReason.UNKNOWN_ENCODING, 1L)
          .containsEntry(DropReason.BAD_MESSAGE, 4L);
      Map<String, String> values = Map.of();
      while (!"1".equals(values.get("frames_out"))) {
        DiagnosticStatus status = next(diagnostics).status().get(0);
        assertThat(status.name()).isEqualTo("tarsier_perception: perception");
        values =
            status.values().stream()
                .collect(Collectors.toMap(KeyValue::key, KeyValue::value, (a, b) -> b));
      }
      assertThat(values)
          .containsEntry("frames_in", "6")
          .containsEntry("dropped.unknown_encoding", "1")
          .containsEntry("image_topic", CAMERA)
          .containsEntry("idle", "false")
          .containsEntry("frames_leaked", "0")
          .containsEntry("frame_overflows", "0")
          .containsKeys("frames_leased", "tensors", "opencv_objects")
          .containsEntry("model_sha256", bundle.modelSha256());
    }
  }

  @Test
  void diagnosticsSayByWhichFactorDepthMayBeOff() throws Exception {
    try (PerceptionNode node = node(Map.of())) {
      BlockingQueue<DiagnosticArray> diagnostics = listen("/diagnostics", DiagnosticArray.TYPE);
      Publisher<Image> images = sender(CAMERA, Image.TYPE);
      Publisher<CameraInfo> infos = sender("/camera/rgb/camera_info", CameraInfo.TYPE);
      assertThat(value(next(diagnostics), "expected_depth_scale"))
          .isEqualTo(
              "unknown; depth scale assumes the training camera's focal length of 29.000 px");
      // At the network's 32 columns these are 58 px, twice those of the training camera.
      infos.publish(CameraInfo.pinhole(new Header(0, STAMP, "optical"), 64, 48, 116, 116, 32, 24));
      Await.until(
          "the factor",
          () -> {
            images.publish(image());
            return value(next(diagnostics), "expected_depth_scale").equals("2.000");
          });
      assertThat(node.snapshot().framesOut()).as("nobody wants depth, and knows already").isZero();
    }
  }

  /** An image whose pixels are others each time. */
  private static Image changing(int count) {
    Image image = image();
    image.data().putInt(0, count);
    return new Image(
        new Header(0, new RosTime(100 + count, 0), "optical"),
        48,
        64,
        "rgb8",
        false,
        192,
        image.data());
  }

  @Test
  void perceivesOnlyWhileSomebodySubscribesToAnOutput() throws Exception {
    // An image comes only now and then, which is not what is tested here.
    try (PerceptionNode node = node(Map.of("stale_millis", 60_000))) {
      BlockingQueue<DiagnosticArray> diagnostics = listen("/diagnostics", DiagnosticArray.TYPE);
      BlockingQueue<StringMessage> classes =
          listen("/tarsier_perception/classes", StringMessage.TYPE);
      Publisher<Image> images = sender(CAMERA, Image.TYPE);
      next(classes);
      sender("/camera/rgb/camera_info", CameraInfo.TYPE)
          .publish(CameraInfo.pinhole(new Header(0, STAMP, "optical"), 64, 48, 58, 58, 32, 24));
      AtomicInteger count = new AtomicInteger();
      Await.until(
          "diagnostics of an idle node",
          () -> {
            images.publish(changing(count.incrementAndGet()));
            DiagnosticStatus status = next(diagnostics).status().get(0);
            return status.level() == DiagnosticStatus.OK && status.message().startsWith("ok; idle");
          });
      assertThat(values(diagnostics))
          .containsEntry("idle", "true")
          .containsEntry("frames_out", "0")
          .containsKey("dropped.not_wanted");
      assertThat(node.snapshot().framesOut()).as("latched classes are no scene").isZero();

      for (String output : List.of("depth", "segmentation_color", "camera_info")) {
        assertThat(node.snapshot().idle()).isTrue();
        long before = node.snapshot().framesOut();
        try (RosNode late = RosNode.start(RosArguments.of("late", master.uri(), "127.0.0.1"))) {
          late.subscribe(
              "/tarsier_perception/" + output,
              output.equals("camera_info") ? CameraInfo.TYPE : Image.TYPE,
              (body, arrivalNanos) -> {});
          Await.until("the node for " + output, () -> !node.snapshot().idle());
          images.publish(changing(count.incrementAndGet()));
          Await.until("the very next image", () -> node.snapshot().framesOut() == before + 1);
        }
        Await.until("idle again", () -> node.snapshot().idle());
        long unwanted = node.snapshot().drops().get(DropReason.NOT_WANTED);
        images.publish(changing(count.incrementAndGet()));
        Await.until(
            "it is not perceived",
            () -> node.snapshot().drops().get(DropReason.NOT_WANTED) == unwanted + 1);
        assertThat(node.snapshot().framesOut()).isEqualTo(before + 1);
      }
      PerceptionSnapshot end = node.snapshot();
      assertThat(end.framesIn()).isEqualTo(end.framesOut() + end.dropped());
    }
  }

  @Test
  void diagnosticsNameTheOutputsThatSubscribersLost() throws Exception {
    try (PerceptionNode node = node(Map.of())) {
      Map<String, Long> lost = Map.of("depth", 3L, "classes", 0L);
      List<String> said =
          Diagnostics.of(
                  node.snapshot(),
                  new Diagnostics.NodeState("/eye", CAMERA, 1, false, 0, null, lost, 0))
              .values()
              .stream()
              .filter(each -> each.key().startsWith("lost."))
              .map(each -> each.key() + " = " + each.value())
              .toList();
      assertThat(said).containsExactly("lost.depth = 3");
    }
  }

  @Test
  void perceivesForNobodyWhereItIsToldTo() throws Exception {
    try (PerceptionNode node = node(Map.of("lazy", false))) {
      assertThat(node.snapshot().idle()).isFalse();
      Publisher<Image> images = sender(CAMERA, Image.TYPE);
      images.publish(image());
      Await.until("perceived", () -> node.snapshot().framesOut() == 1);
    }
  }

  private static String value(DiagnosticArray diagnostics, String key) {
    return diagnostics.status().get(0).values().stream()
        .filter(each -> each.key().equals(key))
        .map(KeyValue::value)
        .collect(Collectors.joining());
  }

  @Test
  void perceivesImagesWhoseStampsGoBackwards() throws Exception {
    try (PerceptionNode node = node(Map.of("lazy", false))) {
      Publisher<Image> images = sender(CAMERA, Image.TYPE);
      for (int secs : new int[] {100, 50, 10}) {
        long before = node.snapshot().framesOut();
        Image image = image();
        images.publish(
            new Image(
                new Header(0, new RosTime(secs, 0), "optical"),
                48,
                64,
                "rgb8",
                false,
                192,
                image.data()));
        Await.until("perceived", () -> node.snapshot().framesOut() == before + 1);
      }
      assertThat(node.snapshot().stampsWentBack()).isEqualTo(2);
    }
  }

  @Test
  void withdrawsItsTopicsWhenItEnds() throws Exception {
    node(Map.of()).close();
    try (PerceptionNode again = node(Map.of())) {
      assertThat(again.snapshot().framesIn()).as("topics can be advertised anew").isZero();
    }
  }

  @Test
  void refusesAModelThatIsNotThereAndAnUnknownParameter() {
    assertThatThrownBy(
            () ->
                PerceptionNode.start(
                    new Ros1Port(robot),
                    NodeOptions.read(robot.parameters(), Map.of("model", "nowhere"))))
        .hasMessageContaining("there is no bundle 'nowhere'");
    robot.parameters().set("~modle", "x");
    assertThatThrownBy(() -> NodeOptions.read(robot.parameters(), Map.of()))
        .hasMessageContaining("did you mean 'model'?");
  }

  @Test
  void findsTheCalibrationBesideTheImageUnlessToldOtherwise() {
    assertThat(PerceptionNode.ImageTopics.of(new Ros1Port(robot), NodeOptions.DEFAULTS))
        .isEqualTo(new PerceptionNode.ImageTopics(CAMERA, false, "/camera/rgb/camera_info"));
    NodeOptions told = NodeOptions.read(robot.parameters(), Map.of("camera_info", "/other/info"));
    assertThat(PerceptionNode.ImageTopics.of(new Ros1Port(robot), told).cameraInfo())
        .isEqualTo("/other/info");
  }

  private static boolean says(PerceptionNode node, String... parts) {
    return node.snapshot().health().reasons().stream()
        .anyMatch(reason -> List.of(parts).stream().allMatch(reason::contains));
  }

  @Test
  void namesBothSizesOfACalibrationOfAnotherSizeAndPublishesNone() throws Exception {
    try (PerceptionNode node = node(Map.of())) {
      BlockingQueue<CameraInfo> infos = listen("/tarsier_perception/camera_info", CameraInfo.TYPE);
      sender("/camera/rgb/camera_info", CameraInfo.TYPE)
          .publish(CameraInfo.pinhole(new Header(0, STAMP, "optical"), 100, 48, 60, 60, 50, 24));
      Publisher<Image> images = sender(CAMERA, Image.TYPE);
      Await.until(
          "the reason",
          () -> {
            images.publish(image());
            return says(node, "100x48", "64x48", "no whole ratio");
          });
      assertThat(infos).isEmpty();
    }
  }

  private static Map<String, String> values(BlockingQueue<DiagnosticArray> diagnostics)
      throws InterruptedException {
    return next(diagnostics).status().get(0).values().stream()
        .collect(Collectors.toMap(KeyValue::key, KeyValue::value, (a, b) -> b));
  }

  @Test
  void saysThatTheCameraInfosPublisherIsGone() throws Exception {
    try (PerceptionNode node = node(Map.of())) {
      BlockingQueue<DiagnosticArray> diagnostics = listen("/diagnostics", DiagnosticArray.TYPE);
      Publisher<CameraInfo> infos = sender("/camera/rgb/camera_info", CameraInfo.TYPE);
      infos.publish(CameraInfo.pinhole(new Header(0, STAMP, "optical"), 64, 48, 60, 60, 32, 24));
      assertThat(node.snapshot().framesIn()).isZero();
      Await.until("received", () -> "received".equals(values(diagnostics).get("camera_info")));
      infos.close();
      Await.until(
          "lost",
          () ->
              "lost, its publisher is gone; received"
                  .equals(values(diagnostics).get("camera_info")));
    }
  }

  @Test
  void saysOnTheConsoleThatACameraInfoIsNoCalibration() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(CameraWatch.class);
    List<String> said = new CopyOnWriteArrayList<>();
    AppenderBase<ILoggingEvent> console =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            said.add(event.getFormattedMessage());
          }
        };
    console.start();
    logger.addAppender(console);
    logger.setLevel(Level.INFO); // tests are silent otherwise
    logger.setAdditive(false);
    try (PerceptionNode node = node(Map.of())) {
      sender("/camera/rgb/camera_info", CameraInfo.TYPE)
          .publish(CameraInfo.pinhole(new Header(0, STAMP, "optical"), 64, 48, 0, 0, 0, 0));
      Await.until(
          "the line",
          () -> said.stream().anyMatch(line -> line.contains("camera_info is no calibration")));
      assertThat(node.snapshot().framesIn()).as("no image was needed").isZero();
    } finally {
      logger.detachAppender(console);
      logger.setLevel(null);
      logger.setAdditive(true);
    }
  }

  @Test
  void saysThatOnlyCompressedImagesArePublished() throws Exception {
    camera.advertise(CAMERA + "/compressed", CompressedImage.TYPE, PublisherOptions.NEWEST);
    try (PerceptionNode node = node(Map.of())) {
      Await.until("the reason", () -> says(node, "only " + CAMERA, "set compressed:=true"));
    }
  }

  @Test
  void namesBothPublishersOfOneTopic() throws Exception {
    try (PerceptionNode node = node(Map.of());
        RosNode second = RosNode.start(RosArguments.of("second", master.uri(), "127.0.0.1"))) {
      Publisher<Image> one = sender(CAMERA, Image.TYPE);
      Publisher<Image> two = second.advertise(CAMERA, Image.TYPE, PublisherOptions.queue(10));
      Await.until(
          "the reason",
          () -> {
            one.publish(image());
            two.publish(image());
            return says(node, "/camera and /second");
          });
    }
  }

  @Test
  void doesNotPublishOnTheCamerasOwnTopic() throws Exception {
    String own = robot.name() + "/camera_info";
    try (PerceptionNode node = node(Map.of("camera_info", own))) {
      assertThat(says(node, own + " is the camera's own topic", "__name:=")).isTrue();
      assertThat(robot.publishedTopics()).doesNotContainKey(own);
    }
  }

  @Test
  void readsTheTelemetrysFilesBeforeItLoadsTheNetwork() {
    Map<String, Object> telemetry =
        Map.of("broker", "tcp://127.0.0.1:1", "user", "u", "password_file", "/absent");
    assertThatThrownBy(() -> node(Map.of("telemetry", telemetry)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("password_file must be a readable file, got /absent");
    assertThat(camera.publishedTopics()).doesNotContainKey("/tarsier_perception/depth");
  }

  /** Closing the engine under a frame ends the process by a signal. */
  @Test
  void aStartThatFailsLateEndsAfterTheFrameInWork() throws Exception {
    Publisher<Image> images = camera.advertise(CAMERA, Image.TYPE, PublisherOptions.NEWEST);
    BlockingQueue<Image> depth = listen("/tarsier_perception/depth", Image.TYPE);
    RosGraph failing =
        (RosGraph)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {RosGraph.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("onFault")) { // the last thing that a start does
                    Await.until(
                        "a scene",
                        () -> {
                          images.publish(image());
                          return !depth.isEmpty();
                        });
                    throw new IllegalStateException("late");
                  }
                  return method.invoke(robot, arguments);
                });
    NodeOptions options = NodeOptions.read(robot.parameters(), Map.of());
    assertThatThrownBy(() -> PerceptionNode.start(new Ros1Port(failing), options, bundle))
        .hasMessage("late");
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("tarsier-perception"));
  }
}
