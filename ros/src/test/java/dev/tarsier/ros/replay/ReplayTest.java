package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.bag.BagReader;
import dev.tarsier.ros.bag.Selection;
import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.runtime.testing.TestBundles;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

class ReplayTest {
  private static final double EXACT = 1e-5; // float32 depth of a few metres

  @TempDir Path folder;
  private Path bag;
  private Path bundle;
  private final StringWriter said = new StringWriter();

  @BeforeEach
  void writeTheBundle() throws Exception {
    bag = folder.resolve("drive.bag");
    bundle = TestBundles.brightness(folder.resolve("brightness-v1"));
  }

  private ReplayReport replay() throws Exception {
    return Replay.run(ReplayOptions.of(bag, bundle, folder.resolve("out")), Replay.Progress.none());
  }

  private int command(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "replay",
                bag.toString(),
                "--model",
                bundle.toString(),
                "--out",
                folder.resolve("out").toString()));
    arguments.addAll(Arrays.asList(more));
    CommandLine line = RobotCommands.commandLine(new RobotCommands());
    line.setOut(new PrintWriter(said));
    line.setErr(new PrintWriter(said));
    return line.execute(arguments.toArray(String[]::new));
  }

  private static double value(ReplayReport report, String metric) {
    return report.metrics().get(metric).value();
  }

  @Test
  void scoresDepthAndClassesAsByHand() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).depth(0, 4500).labels(0, 0).image(100).depth(100, 3500).labels(100, 1);
    }
    ReplayReport report = replay();
    assertThat(report.counts().out()).isEqualTo(2);
    assertThat(report.counts().matched().get("depth")).isEqualTo(2);
    assertThat(report.counts().matched().get("segmentation")).isEqualTo(2);
    assertThat(value(report, "depth.rmse")).isCloseTo(0.5, within(EXACT));
    assertThat(value(report, "depth.abs")).isCloseTo(0.5, within(EXACT));
    assertThat(value(report, "depth.bias")).isCloseTo(0, within(EXACT));
    assertThat(value(report, "depth.rel")).isCloseTo((0.5 / 4.5 + 0.5 / 3.5) / 2, within(EXACT));
    assertThat(value(report, "depth.scale"))
        .isCloseTo(Math.sqrt(4.5 / 4 * (3.5 / 4)), within(EXACT));
    assertThat(value(report, "depth.aligned.rmse")).isCloseTo(0, within(EXACT));
    assertThat(value(report, "depth.coverage")).isEqualTo(1);
    // Class 0 is half right (IoU 1/2), class 1 never found (IoU 0), class 2 is in neither.
    assertThat(value(report, "segmentation.pixel_accuracy")).isEqualTo(0.5);
    assertThat(value(report, "segmentation.miou")).isCloseTo(0.25, within(1e-9));
    assertThat(report.classes().get("segmentation").get(2).iou()).isNull();
    assertThat(report.classes().get("segmentation").get(0).predictedShare()).isEqualTo(1);
    assertThat(report.frames().get(1).scores().get("depth.rmse")).isCloseTo(0.5, within(EXACT));
    assertThat(report.frames().get(1).scores().get("segmentation.pixel_accuracy")).isEqualTo(0);
    assertThat(report.distances().get("depth"))
        .extracting(ReplayReport.DistanceBand::fromMetres)
        .containsExactly(3.0, 4.0);
    assertThat(report.notes()).isEmpty();
  }

  @Test
  void masksDepthThatIsUnknown() throws Exception {
    Image mixed = TestBags.image(0, 32, 24, "32FC1", 4 * 32, new byte[1]);
    ByteBuffer values = ByteBuffer.allocate(4 * 32 * 24).order(ByteOrder.LITTLE_ENDIAN);
    float[] kinds = {4.5f, Float.NaN, 0, -1, Float.POSITIVE_INFINITY, 4.5f, 4.5f, 4.5f};
    for (int i = 0; i < 32 * 24; i++) {
      values.putFloat(kinds[i % kinds.length]);
    }
    try (TestBags write = new TestBags(bag)) {
      write
          .image(0)
          .write(
              TestBags.DEPTH,
              0,
              new Image(mixed.header(), 24, 32, "32FC1", false, 4 * 32, values.flip()));
    }
    ReplayReport report = replay();
    assertThat(value(report, "depth.rmse")).isCloseTo(0.5, within(EXACT));
    assertThat(report.distances().get("depth"))
        .singleElement()
        .satisfies(
            band -> {
              assertThat(band.pixels()).isEqualTo(32 * 24 / 2);
              assertThat(band.biasMetres()).isCloseTo(-0.5, within(EXACT));
            });
  }

  @Test
  void takesDepthBeyondWhatACameraCanCountAsUnknown() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).depth(0, 4500).image(100).depth(100, 65535);
    }
    ReplayReport report = replay();
    assertThat(report.counts().matched().get("depth")).isEqualTo(2);
    assertThat(value(report, "depth.rmse")).isCloseTo(0.5, within(EXACT));
    assertThat(report.frames().get(1).scores().get("depth.rmse")).isNull();
  }

  @Test
  void scoresAtTheTruthsSizeWhateverTheNetworks() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write
          .image(0)
          .write(
              TestBags.DEPTH,
              0,
              TestBags.image(0, 61, 46, "16UC1", 130, new byte[] {(byte) 0x94, 0x11})); // 4500 mm
    }
    ReplayReport report = replay();
    assertThat(value(report, "depth.rmse")).isCloseTo(0.5, within(EXACT));
    assertThat(report.distances().get("depth").get(0).pixels()).isEqualTo(61 * 46);
  }

  @Test
  void matchesTheNearestStampWithinTheTolerance() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.depth(90, 1000).image(100).depth(106, 4000); // 6 ms beats 10 ms
      write.image(200).depth(221, 4000); // 21 ms is too far
      write.depth(285, 4000).image(300); // before the image
      write.image(400).image(2000); // none at all
    }
    ReplayReport report = replay();
    assertThat(report.counts().out()).isEqualTo(5);
    assertThat(report.counts().matched().get("depth")).isEqualTo(2);
    assertThat(value(report, "depth.rmse")).isCloseTo(0, within(EXACT));
  }

  @Test
  void matchesByReceiveTimeWhereThereAreNoStamps() throws Exception {
    Image bare = TestBags.image(0, 32, 24, "rgb8", 3 * 32, new byte[] {-103, 102, 51});
    Image unstamped =
        new Image(
            new dev.tarsier.ros.ros1.message.Header(
                0, dev.tarsier.ros.ros1.message.RosTime.ZERO, ""),
            24,
            32,
            "rgb8",
            false,
            3 * 32,
            bare.data());
    try (TestBags write = new TestBags(bag)) {
      write.write(TestBags.IMAGE, 50, unstamped).depth(60, 4000);
    }
    assertThat(replay().counts().matched().get("depth")).isEqualTo(1);
  }

  @Test
  void countsAndNamesWhatIsNoImageAndGoesOn() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0);
      write.write(TestBags.IMAGE, 10, TestBags.image(10, 32, 24, "rgb8", 31, new byte[] {1}));
      write.write(TestBags.IMAGE, 20, TestBags.image(20, 0, 0, "rgb8", 0, new byte[] {1}));
      write.write(TestBags.IMAGE, 30, TestBags.image(30, 32, 24, "rgb161", 96, new byte[] {1}));
      write.write(
          TestBags.IMAGE,
          40,
          new Image(
              TestBags.header(40), 10_000, 10_000, "rgb8", false, 30_000, ByteBuffer.allocate(9)));
      write.image(50);
    }
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    Logger logger = (Logger) LoggerFactory.getLogger(Replay.class);
    Level before = logger.getLevel();
    logger.setLevel(Level.WARN);
    logger.addAppender(logged);
    ReplayReport report;
    try {
      report = replay();
    } finally {
      logger.detachAppender(logged);
      logger.setLevel(before);
    }
    assertThat(logged.list).as("the report says it, once").isEmpty();
    assertThat(report.counts().in()).isEqualTo(6);
    assertThat(report.counts().out()).isEqualTo(2);
    assertThat(report.counts().dropped()).isEqualTo(4);
    assertThat(report.counts().droppedByReason())
        .containsEntry("bad_message", 3L)
        .containsEntry("unknown_encoding", 1L);
    assertThat(report.notes()).anyMatch(note -> note.contains("'rgb161'"));
    assertThat(report.frames().get(3).dropped()).isEqualTo("unknown_encoding");
    assertThat(report.frames()).hasSize(6);
  }

  @Test
  void namesTheImageTopicsWhenTheBagHasNotTheOneAskedFor() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).depth(0, 4000);
    }
    assertThat(command("--image", "/camera/rgb/image_colour")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString())
        .contains("the bag has no topic /camera/rgb/image_colour")
        .contains("did you mean '/camera/rgb/image_color'? Its image topics: ")
        .contains(TestBags.DEPTH + " (sensor_msgs/Image, 16UC1, 1 message)")
        .doesNotContain("\tat ");
  }

  @Test
  void takesATopicWithoutItsLeadingSlash() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).depth(0, 4000).labels(0, 0).cameraInfo(0, 30);
    }
    assertThat(
            command(
                "--image",
                TestBags.IMAGE.substring(1),
                "--depth",
                TestBags.DEPTH.substring(1),
                "--labels",
                TestBags.LABELS.substring(1),
                "--camera-info",
                TestBags.INFO.substring(1)))
        .as(said.toString())
        .isZero();
  }

  @Test
  void saysWhatThereIsWhenABagHasNoImages() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.cameraInfo(0, 30);
    }
    assertThat(command()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString())
        .contains("no topics of sensor_msgs/Image or CompressedImage: /camera/rgb/camera_info is")
        .doesNotContain("--image");
    try (TestBags write = new TestBags(bag)) {
      write.writer().connect("/camera/rgb/image_color", StringMessage.TYPE);
    }
    saidAnew();
    assertThat(command()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("tarsier replay: the bag has no messages");
    try (TestBags write = new TestBags(bag)) {
      write.write("/camera/rgb/image_color", 0, new StringMessage("x"));
    }
    saidAnew();
    assertThat(command()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("/camera/rgb/image_color is std_msgs/String");
  }

  private void saidAnew() {
    said.getBuffer().setLength(0);
  }

  @Test
  void saysHowVideoBecomesImages() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      BagConnection video =
          write
              .writer()
              .connect(
                  "/camera/rgb/image_color/theora",
                  "theora_image_transport/Packet",
                  "33ac4e14a7cff32e7e0d65f18bb410f3",
                  "uint8[] data",
                  "",
                  false);
      write.writer().write(video, TestBags.START, ByteBuffer.allocate(4));
      write.depth(0, 4000);
    }
    assertThat(command()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString())
        .contains("/camera/rgb/image_color/theora (theora_image_transport/Packet) is not read")
        .contains("republish theora in:=/camera/rgb/image_color raw");
  }

  @Test
  void saysWhyATopicIsUnreadable() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.write(TestBags.IMAGE, 0, TestBags.image(0, 32, 24, "rgb8", 31, new byte[] {1}));
    }
    assertThat(command()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString())
        .contains("unreadable: step must be at least the width, got 31 for 32x24 rgb8, 1 message)");
  }

  @Test
  void readsABagWhoseDefinitionLacksItsNestedTypes() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      var connection =
          write
              .writer()
              .connect(
                  TestBags.IMAGE,
                  Image.TYPE.name(),
                  Image.TYPE.md5(),
                  "Header header\nuint32 height\n",
                  "",
                  false);
      ByteBuffer body = TestBags.image(0, 32, 24, "rgb8", 96, new byte[] {-103, 102, 51}).toBody();
      write.writer().write(connection, TestBags.START, body);
    }
    assertThat(replay().counts().out()).isEqualTo(1);
  }

  @Test
  void readsWhatIsWholeOfATruncatedBagAndSaysWhereItEnds() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      for (int i = 0; i < 20; i++) {
        write.image(i * 33L).depth(i * 33L, 4500);
      }
    }
    try (FileChannel file = FileChannel.open(bag, StandardOpenOption.WRITE)) {
      file.truncate(Files.size(bag) / 2);
    }
    assertThat(command("--gate", "depth.rmse<1")).isEqualTo(RobotCommands.DAMAGED);
    ReplayReport report = ReplayReport.readJson(folder.resolve("out/report.json"));
    assertThat(report.counts().out()).isBetween(5L, 15L);
    assertThat(report.bag().damages()).hasSize(1);
    assertThat(said.toString().lines().filter(line -> line.contains("the file ends"))).hasSize(1);
    assertThat(report.bag().damages().get(0).offset()).isBetween(4096L, Files.size(bag));
    assertThat(said.toString())
        .contains("DAMAGED   drive.bag at byte " + report.bag().damages().get(0).offset());
    assertThat(Files.readString(folder.resolve("out/report.html"))).contains("bag damaged");
  }

  @Test
  void refusesWhatIsNoBagAndNoBundle() throws Exception {
    Files.writeString(bag, "not a bag");
    assertThat(command()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("drive.bag").doesNotContain("\tat ");
    try (TestBags write = new TestBags(bag)) {
      write.image(0);
    }
    Files.write(bundle.resolve("model.onnx"), new byte[] {1});
    assertThat(command()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("sha256").doesNotContain("\tat ");
    bundle = Path.of("nowhere-v9");
    assertThat(command()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("there is no bundle 'nowhere-v9'");
  }

  @Test
  void refusesANetworkWithoutDepthAndSaysWhichImagesGaveNone() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0);
    }
    TestBundles.divideDepthBy(bundle, Float.NaN);
    assertThat(command()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString())
        .contains(bundle + " is refused on cpu", "depth is NaN", "in all 192 pixels")
        .doesNotContain("\tat ");
    assertThat(said.toString().lines()).hasSize(1);
  }

  @Test
  void saysInHowManyImagesClassesHaveNoName() throws Exception {
    TestBundles.addGolden(bundle, 0x20F040);
    TestBundles.edit(bundle, "\"id\": 0", "\"id\": 9");
    try (TestBags write = new TestBags(bag)) {
      write.image(0).image(33);
    }
    assertThat(replay().notes())
        .containsExactly(
            "the network gave class ids that the bundle does not name in 2 of 2 images");
  }

  @Test
  void endsWithTheGatesVerdict() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).depth(0, 4500);
    }
    assertThat(command("--gate", "depth.rmse<0.6", "--gate", "frames.dropped==0")).isZero();
    assertThat(command("--gate", "depth.rmse<0.6", "--gate", "depth.rmse<0.4"))
        .isEqualTo(RobotCommands.NOT_AS_DEMANDED);
    assertThat(said.toString())
        .contains("FAILS     depth.rmse<0.4 (measured 0.5")
        .contains("holds     depth.rmse<0.6 (measured 0.5 m, on 1 of 1 frames, 768 pixels)");
    assertThat(command("--gate", "depth.rsme<1")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("did you mean 'depth.rmse'?");
  }

  @Test
  void refusesAGateThatCannotBeMeasuredBeforeItRuns() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0);
    }
    assertThat(command("--gate", "segmentation.miou>0.1")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("gate segmentation.miou>0.1 needs labels");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void givesTheSameHashForTheSameBagAndAnotherForAnother() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).image(33);
    }
    String first = replay().outputSha256();
    assertThat(replay().outputSha256()).isEqualTo(first);
    MessageDigest expected = Sha256.digest();
    ByteBuffer depth = ByteBuffer.allocate(4 * 16 * 12).order(ByteOrder.LITTLE_ENDIAN);
    while (depth.hasRemaining()) {
      depth.putFloat(4);
    }
    for (int i = 0; i < 2; i++) {
      expected.update(new byte[16 * 12]);
      expected.update(depth.array());
    }
    assertThat(first).isEqualTo(Sha256.hex(expected.digest()));
    try (TestBags write = new TestBags(bag)) {
      write.image(0);
    }
    assertThat(replay().outputSha256()).isNotEqualTo(first);
  }

  @Test
  void recordsItsOutputsWithTheInputsStampAndFrame() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).cameraInfo(1, 30);
    }
    Path recorded = folder.resolve("outputs.bag");
    assertThat(command("--record", recorded.toString())).as(said.toString()).isZero();
    try (BagReader read = BagReader.open(recorded)) {
      assertThat(read.topics())
          .extracting(topic -> topic.name() + " " + topic.messages())
          .containsExactly(
              "/tarsier_perception/camera_info 1",
              "/tarsier_perception/depth 1",
              "/tarsier_perception/segmentation 1");
      read.forEach(
          Selection.topics("/tarsier_perception/depth"),
          (connection, receiveNanos, body) -> {
            Image depth = Image.TYPE.read(body);
            assertThat(depth.header().stamp().toNanos()).isEqualTo(TestBags.START);
            assertThat(depth.header().frameId()).isEqualTo("optical");
            assertThat(depth.encoding()).isEqualTo("32FC1");
            assertThat(depth.data().order(ByteOrder.LITTLE_ENDIAN).getFloat(0)).isEqualTo(4);
          });
    }
    assertThat(command("--record", bag.toString())).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("is the bag that is replayed");
    assertThat(replay().counts().out()).as("the bag is as it was").isEqualTo(1);
  }

  @Test
  void notesStampsThatGoBackwardsAndTruthThatNeverMatches() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.write(TestBags.IMAGE, 0, TestBags.image(500, 32, 24, "mono8", 32, new byte[] {9}));
      write.write(TestBags.IMAGE, 33, TestBags.image(100, 32, 24, "mono8", 32, new byte[] {9}));
      write.depth(5000, 4000);
    }
    ReplayReport report = replay();
    assertThat(report.counts().out()).isEqualTo(2);
    assertThat(report.notes())
        .anyMatch(note -> note.contains("went backwards once;"))
        .anyMatch(note -> note.contains("The only depth message is not within"));
  }

  @Test
  void showsFramesThatAreEvenlySpacedWhereThereIsNoTruth() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      for (int i = 0; i < 30; i++) {
        write.image(i * 33L);
      }
    }
    assertThat(command("--worst", "3")).as(said.toString()).isZero();
    String html = Files.readString(folder.resolve("out/report.html"));
    assertThat(html).contains("Some frames").contains("Frame 0,").contains("Frame 10,");
    assertThat(html).contains("Frame 20,").doesNotContain("Frame 11,");
  }

  @Test
  void keepsTheWorstFramesAndOnlyOneOfNeighbours() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      for (int i = 0; i < 40; i++) {
        write.image(i * 33L).depth(i * 33L, i == 20 || i == 21 ? 9000 + i : i == 35 ? 6000 : 4100);
      }
    }
    assertThat(command("--worst", "2")).as(said.toString()).isZero();
    String html = Files.readString(folder.resolve("out/report.html"));
    assertThat(html).contains("Frame 21,").contains("Frame 35,").doesNotContain("Frame 20,");
    assertThat(html.indexOf("Frame 21,")).isLessThan(html.indexOf("Frame 35,"));
  }

  @Test
  void refusesDepthThatIsNone() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).labels(0, 0);
    }
    ReplayOptions asked = ReplayOptions.of(bag, bundle, folder.resolve("out"));
    ReplayOptions options =
        new ReplayOptions(
            asked.bags(),
            asked.bundle(),
            asked.out(),
            asked.image(),
            java.util.Optional.of(TestBags.LABELS),
            asked.labels(),
            asked.cameraInfo(),
            asked.depthUnit(),
            asked.depthAligned(),
            asked.minCoverage(),
            asked.toleranceMillis(),
            asked.worstFrames(),
            asked.record(),
            asked.gates(),
            asked.network(),
            asked.session());
    assertThatThrownBy(() -> Replay.run(options, Replay.Progress.none()))
        .isInstanceOf(ReplayException.class)
        .hasMessageContaining("16UC1 (millimetres), mono16 or 32FC1 (metres)");
  }

  @Test
  void leavesNoFolderThatItWroteNothingInto() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).image(100);
    }
    Path out = folder.resolve("new/deep/out");
    ReplayOptions options = ReplayOptions.of(bag, bundle, out);
    assertThatThrownBy(
            () ->
                Replay.run(
                    options,
                    (done, total) -> {
                      assertThat(folder.resolve("new")).as("nothing written yet").doesNotExist();
                      throw new IllegalStateException("interrupted");
                    }))
        .hasMessage("interrupted");
    assertThat(folder.resolve("new")).doesNotExist();
    ReplayOptions below = ReplayOptions.of(bag, bundle, bag.resolve("below"));
    assertThatThrownBy(() -> Replay.run(below, Replay.Progress.none()))
        .hasMessageContaining(bag + " is no folder that can be written");
    Path record = folder.resolve("out/outputs.bag");
    assertThat(command("--record", record.toString())).as(said.toString()).isZero();
    assertThat(folder.resolve("out/report.json")).exists();
    assertThat(record).exists();
  }
}
