package dev.tarsier.ros.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.CompressedImage;
import dev.tarsier.ros.ros1.message.FloatMessage;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.message.TransformMessage;
import dev.tarsier.runtime.testing.TestBundles;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What a bag's topics are taken for, what a verdict rests on, and how both are said. */
class ReplayTruthTest {
  private static final double EXACT = 1e-4;
  private static final byte[] FOUR_METRES = {-103, 102, 51};
  private static final String DEPTH = "/camera/depth/image_rect_raw";
  private static final String DEPTH_INFO = "/camera/depth/camera_info";

  @TempDir Path folder;
  private Path bag;
  private Path bundle;
  private final StringWriter said = new StringWriter();

  @BeforeEach
  void writeTheBundle() throws Exception {
    bag = folder.resolve("drive.bag");
    bundle = TestBundles.brightness(folder.resolve("brightness-v1"));
  }

  private int command(String... more) {
    said.getBuffer().setLength(0);
    List<String> arguments = new ArrayList<>(List.of("replay", bag.toString()));
    arguments.addAll(
        List.of(
            "--model",
            bundle.toString(),
            "--out",
            folder.resolve("out").toString(),
            "--worst",
            "1"));
    arguments.addAll(Arrays.asList(more));
    CommandLine line = RobotCommands.commandLine(new RobotCommands());
    line.setOut(new PrintWriter(said));
    line.setErr(new PrintWriter(said));
    return line.execute(arguments.toArray(String[]::new));
  }

  private ReplayReport report() throws IOException {
    return ReplayReport.readJson(folder.resolve("out/report.json"));
  }

  private static double value(ReplayReport report, String metric) {
    return report.metrics().get(metric).value();
  }

  private static Header header(long millis, String frame) {
    return new Header(0, RosTime.ofNanos(TestBags.START + millis * TestBags.MILLI), frame);
  }

  private static Image image(Header header, int width, int height, String encoding, byte[] pixel) {
    Image plain = TestBags.image(0, width, height, encoding, pixel.length * width, pixel);
    return new Image(header, height, width, encoding, false, pixel.length * width, plain.data());
  }

  private static byte[] counts(int count) {
    return new byte[] {(byte) count, (byte) (count >> 8)};
  }

  private static byte[] floats(float value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array();
  }

  /** Four images of 4 m, and beside each another topic. */
  private void bag(String topic, String frame, int width, int height, String encoding, byte[] pixel)
      throws IOException {
    try (TestBags write = new TestBags(bag)) {
      for (int i = 0; i < 4; i++) {
        write.image(100L * i);
        write.write(
            topic, 100L * i, image(header(100L * i, frame), width, height, encoding, pixel));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/camera/ir/image_raw, mono16, says 'ir'",
    "/camera/infra1/image_rect_raw, 16UC1, says 'infra'",
    "/flir_boson/image16, 16UC1, says 'flir'",
    "/thermal/depth_of_heat, 16UC1, says 'thermal'",
    "/camera/image_raw_deep, 16UC1, nothing says that it is depth",
    "/camera/depth/confidence, 32FC1, says 'confidence'",
  })
  void whatIsNoDepthIsNotTakenForIt(String topic, String encoding, String why) throws Exception {
    bag(topic, "optical", 32, 24, encoding, encoding.equals("32FC1") ? floats(4) : counts(4000));
    assertThat(command("--gate", "depth.rmse<10")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("needs depth").contains(topic).contains(why);
    assertThat(command()).isZero();
    assertThat(report().topics().truths().get("depth")).isNull();
    assertThat(said.toString())
        .contains("taken     depth: none")
        .contains("is not taken for depth");
    assertThat(command("--depth", topic)).as("a user may know better").isZero();
    assertThat(report().topics().truths().get("depth")).isEqualTo(topic);
  }

  @ParameterizedTest
  @CsvSource({
    "/camera/segmentation/debug, 3, says 'debug'",
    "/semantic/overlay_mono, 3, says 'overlay'",
    "/camera/segmentation, 200, values go to 200",
  })
  void aPictureForPeopleIsNoClassIds(String topic, int value, String why) throws Exception {
    bag(topic, "optical", 32, 24, "mono8", new byte[] {(byte) value});
    assertThat(command("--gate", "segmentation.miou>0.1")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains(why);
  }

  @Test
  void aMaskOfTwoValuesIsNoClassIds() throws Exception {
    bag("/camera/segmentation", "optical", 32, 24, "mono8", new byte[] {0, -1});
    assertThat(command()).isZero();
    assertThat(report().topics().truths().get("segmentation")).isNull();
    assertThat(said.toString()).contains("a mask rather than class ids");
  }

  @Test
  void depthOfAnotherCameraIsRefusedWithTheReason() throws Exception {
    bag(DEPTH, "depth_optical", 32, 24, "16UC1", counts(4000));
    assertThat(command("--gate", "depth.rmse<1")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString())
        .contains("of the frame depth_optical, the images are of optical")
        .contains("no camera_info beside " + DEPTH);
    assertThat(command("--depth", DEPTH)).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("--depth-aligned says that it is");
    assertThat(command("--depth", DEPTH, "--depth-aligned")).isZero();
    assertThat(value(report(), "depth.rmse")).isCloseTo(0, within(EXACT));
    assertThat(said.toString()).contains("aligned, as given");
  }

  @Test
  void depthOfAnotherShapeOrCalibrationIsAnotherPicture() throws Exception {
    bag(DEPTH, "optical", 32, 12, "16UC1", counts(4000));
    assertThat(command("--depth", DEPTH)).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("32x12, the images are 32x24: another shape");
    try (TestBags write = new TestBags(bag)) {
      write.image(0).cameraInfo(0, 30);
      write.write(DEPTH, 0, image(header(0, "optical"), 32, 24, "16UC1", counts(4000)));
      write.write(DEPTH_INFO, 0, CameraInfo.pinhole(header(0, "optical"), 32, 24, 20, 20, 16, 12));
    }
    assertThat(command()).as(said.toString()).isZero();
    assertThat(said.toString()).contains("registered into the images' camera by both calibrations");
  }

  /** Cameras 0.5 m apart along the axis: 4 m of the one are 4.5 m of the other. */
  @ParameterizedTest
  @ValueSource(strings = {"/tf_static", "/tf"})
  void depthIsRegisteredWhereCalibrationsAndTransformAreRecorded(String topic) throws Exception {
    try (TestBags write = new TestBags(bag)) {
      TransformMessage.Stamped toImage =
          new TransformMessage.Stamped(
              header(0, "/link"), "optical", 0, 0, 0, -0.5, 0.5, -0.5, 0.5);
      TransformMessage.Stamped toDepth =
          new TransformMessage.Stamped(
              header(0, "link"), "/depth_optical", 0.5, 0, 0, -0.5, 0.5, -0.5, 0.5);
      for (int i = 0; i < 4; i++) {
        write.write(topic, 100L * i, new TransformMessage(List.of(toImage, toDepth)));
        write.image(100L * i).cameraInfo(100L * i, 30);
        write.write(
            DEPTH,
            100L * i,
            image(header(100L * i, "depth_optical"), 64, 36, "16UC1", counts(3500)));
        write.write(
            DEPTH_INFO,
            100L * i,
            CameraInfo.pinhole(header(0, "depth_optical"), 64, 36, 30, 30, 32, 18));
      }
    }
    assertThat(command("--gate", "depth.rmse<0.001")).as(said.toString()).isZero();
    assertThat(said.toString())
        .contains("and the transform from depth_optical")
        .contains("holds     depth.rmse<0.001 (measured");
    assertThat(value(report(), "depth.scale")).isCloseTo(1, within(EXACT));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 'its quaternion (0.0, 0.0, 0.0, 0.0) is no rotation'",
    "NaN, 0, 'its quaternion (NaN, 0.0, 0.0, 0.0) is no rotation'",
    "1, NaN, 'its translation (NaN, 0.0, 0.0) is not finite'"
  })
  void aTransformThatIsNoneIsSaidToBeRecorded(double qx, double x, String wrong) throws Exception {
    bag(DEPTH, "depth_optical", 64, 36, "16UC1", counts(3500));
    Path calibrations = folder.resolve("calibrations.bag");
    try (TestBags write = new TestBags(calibrations)) {
      write.cameraInfo(0, 30);
      write.write(
          DEPTH_INFO, 0, CameraInfo.pinhole(header(0, "depth_optical"), 64, 36, 30, 30, 32, 18));
      write.write(
          "/tf_static",
          0,
          new TransformMessage(
              List.of(
                  new TransformMessage.Stamped(
                      header(0, "optical"), "depth_optical", x, 0, 0, qx, 0, 0, 0))));
    }
    assertThat(command(calibrations.toString())).isZero();
    assertThat(said.toString())
        .contains("the transform from optical to depth_optical is recorded, but " + wrong)
        .doesNotContain("no transform");
  }

  @Test
  void floatsOfThousandsLookLikeMillimetres() throws Exception {
    bag("/camera/depth/image", "optical", 32, 24, "32FC1", floats(4000));
    assertThat(command("--gate", "depth.rmse<1")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("its median is 4000, which looks like millimetres");
    assertThat(command("--depth", "/camera/depth/image")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(command("--depth-unit", "0.001", "--gate", "depth.rmse<0.01")).isZero();
  }

  @Test
  void theUnitIsReadWhereTheRecordingSaysIt() throws Exception {
    String depth = "/device_0/sensor_0/Depth_0/image/data";
    try (TestBags write = new TestBags(bag)) {
      write.write("/device_0/sensor_0/option/Depth_Units/value", 0, new FloatMessage(0.00025f));
      write.write("/device_0/sensor_1/option/Depth_Units/value", 0, new FloatMessage(0.5f));
      write.image(0);
      write.write(depth, 0, image(header(0, "optical"), 32, 24, "mono16", counts(16000)));
    }
    assertThat(command("--gate", "depth.rmse<0.001")).as(said.toString()).isZero();
    assertThat(said.toString())
        .contains("unit 0.00025 m (from /device_0/sensor_0/option/Depth_Units/value)");
  }

  @Test
  void aUnitThatCannotBeIsSaidWithOneThatFits() throws Exception {
    bag("/camera/depth/image", "optical", 32, 24, "16UC1", counts(40000));
    assertThat(command()).isZero();
    assertThat(said.toString())
        .contains("Truth is 10 times the prediction")
        .contains("0.0001 m would fit: --depth-unit 0.0001");
    assertThat(command("--depth-unit", "0.0001", "--gate", "depth.rmse<0.001")).isZero();
    assertThat(said.toString()).contains("unit 0.0001 m (as given)").doesNotContain("would fit");
    assertThat(command("--depth-unit", "0")).isEqualTo(RobotCommands.CANNOT_RUN);
  }

  @ParameterizedTest
  @CsvSource({"0, 0, false", "1, 1, false", "1e9, 1e9, false", "0, 30, true", "1, 30, true"})
  void aCalibrationThatCannotBeIsNotUsed(double k, double p, boolean used) throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0);
      write.write(
          TestBags.INFO,
          0,
          new CameraInfo(
              header(0, "optical"),
              new CameraModel(
                  24,
                  32,
                  "plumb_bob",
                  new double[5],
                  new double[] {k, 0, k == 0 ? 0 : 16, 0, k, k == 0 ? 0 : 12, 0, 0, 1},
                  new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1},
                  new double[] {p, 0, 16, 0, 0, p, 12, 0, 0, 0, 1, 0},
                  0,
                  0,
                  CameraModel.Roi.ALL),
              false));
    }
    assertThat(command()).isZero();
    assertThat(report().camera() != null).isEqualTo(used);
    assertThat(said.toString())
        .contains("note      /camera/rgb/camera_info: ")
        .contains(
            used
                ? "calibration: /camera/rgb/camera_info, beside the images"
                : "calibration: none, for /camera/rgb/camera_info, beside the images, cannot be used");
    if (used) {
      assertThat(report().camera().fx()).isEqualTo(30);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void stampsThatSayNothingAreReplacedByTheTimeOfRecording(boolean zero) throws Exception {
    Header same = new Header(0, zero ? RosTime.ZERO : RosTime.ofNanos(TestBags.START), "optical");
    try (TestBags write = new TestBags(bag)) {
      for (int i = 0; i < 4; i++) {
        write.write(TestBags.IMAGE, 100L * i, image(same, 32, 24, "rgb8", FOUR_METRES));
        write.write(
            TestBags.DEPTH,
            100L * i + 5,
            image(same, 32, 24, "16UC1", counts(i == 0 ? 4000 : 5000)));
      }
    }
    assertThat(command("--gate", "depth.rmse<1")).as(said.toString()).isZero();
    ReplayReport report = report();
    assertThat(report.counts().matched().get("depth")).isEqualTo(4);
    assertThat(report.frames().get(0).scores().get("depth.rmse")).isCloseTo(0, within(EXACT));
    assertThat(report.frames().get(3).scores().get("depth.rmse")).isCloseTo(1, within(EXACT));
    assertThat(said.toString())
        .contains(zero ? "are zero: images" : "are all equal: images")
        .contains("paired by the time of recording");
  }

  @Test
  void aGateOnOneFrameOfFourFails() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).depth(0, 4000).image(100).image(200).image(300);
    }
    assertThat(command("--gate", "depth.rmse<1")).isEqualTo(RobotCommands.NOT_AS_DEMANDED);
    assertThat(said.toString())
        .contains("FAILS     depth.rmse<1 (measured 0 m, on 1 of 4 frames, 768 pixels;")
        .contains("30 % is asked for (--min-coverage)")
        .contains("judged    depth on 1 of 4 frames, 768 pixels");
    assertThat(command("--gate", "depth.rmse<1", "--min-coverage", "0.25")).isZero();
    assertThat(command("--gate", "depth.rmse<1", "--min-coverage", "2"))
        .isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .contains("what it rests on")
        .contains("1 of 4 frames, 768 pixels")
        .contains("taken for depth");
  }

  @Test
  void framesWhoseTruthIsUnknownDoNotCount() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      for (int i = 0; i < 4; i++) {
        write.image(100L * i).depth(100L * i, i == 0 ? 4000 : 0);
      }
    }
    assertThat(command("--gate", "depth.rmse<1")).isEqualTo(RobotCommands.NOT_AS_DEMANDED);
    assertThat(said.toString()).contains("on 1 of 4 frames");
  }

  @Test
  void labelsOfOneFrameOfFourFailToo() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).labels(0, 1).image(100).image(200).image(300).labels(300, 255);
    }
    assertThat(command("--gate", "segmentation.pixel_accuracy<0.5"))
        .isEqualTo(RobotCommands.NOT_AS_DEMANDED);
    assertThat(said.toString()).contains("measured 0, on 1 of 4 frames, 768 pixels");
  }

  @Test
  void nothingPerceivedIsNoSuccess() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      for (int i = 0; i < 4; i++) {
        write.write(TestBags.IMAGE, i, TestBags.image(i, 32, 24, "rgb8", 31, new byte[] {1}));
      }
    }
    assertThat(command("--image", TestBags.IMAGE)).isNotZero();
    assertThat(said.toString()).contains("0 of 4 images").contains("Nothing was perceived");
    assertThat(command("--image", TestBags.IMAGE, "--gate", "frames.dropped>=0")).isNotZero();
  }

  @Test
  void aSplitRecordingIsOneReport() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(200).image(300).depth(300, 4000);
    }
    Path first = folder.resolve("drive_0.bag");
    try (TestBags write = new TestBags(first)) {
      // the last depth of the one bag belongs to the first image of the other
      write.image(0).depth(0, 4000).image(100).depth(100, 4000).depth(195, 4000);
    }
    assertThat(command(first.toString(), "--gate", "depth.rmse<0.01")).as(said.toString()).isZero();
    ReplayReport report = report();
    assertThat(report.counts().out()).isEqualTo(4);
    assertThat(report.counts().matched().get("depth")).isEqualTo(4);
    assertThat(report.bag().files()).containsExactly("drive_0.bag", "drive.bag");
    assertThat(said.toString()).startsWith("drive_0.bag and 1 more through");
  }

  @ParameterizedTest
  @ValueSource(strings = {"16UC1; compressedDepth png", "png"})
  void compressedDepthIsTruth(String format) throws Exception {
    BufferedImage depth = new BufferedImage(32, 24, BufferedImage.TYPE_USHORT_GRAY);
    int[] all = new int[32 * 24];
    Arrays.fill(all, 4500);
    depth.getRaster().setPixels(0, 0, 32, 24, all);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(new byte[format.equals("png") ? 0 : 12]);
    ImageIO.write(depth, "png", file);
    String topic = "/camera/aligned_depth_to_color/image_raw/compressedDepth";
    try (TestBags write = new TestBags(bag)) {
      write.image(0);
      write.write(
          topic,
          0,
          new CompressedImage(header(0, "optical"), format, ByteBuffer.wrap(file.toByteArray())));
    }
    assertThat(command("--gate", "depth.rmse<0.6")).as(said.toString()).isZero();
    assertThat(report().topics().truths().get("depth")).isEqualTo(topic);
    assertThat(value(report(), "depth.rmse")).isCloseTo(0.5, within(EXACT));
  }

  @Test
  void depthThatCannotBeDecodedIsNotTaken() throws Exception {
    String topic = "/camera/depth/image/compressedDepth";
    try (TestBags write = new TestBags(bag)) {
      write.image(0);
      write.write(
          topic,
          0,
          new CompressedImage(
              header(0, "optical"),
              "16UC1; compressedDepth png",
              ByteBuffer.wrap(
                  new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 24, 0, 0, 0})));
    }
    assertThat(command()).isZero();
    assertThat(said.toString())
        .contains("taken     depth: none")
        .contains("is not taken for depth: none of its first messages can be decoded (");
    assertThat(command("--depth", topic)).isEqualTo(RobotCommands.CANNOT_RUN);
  }

  @Test
  void aBagThatIsNamedTwiceIsSaidToBeReadOnce() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).image(100);
    }
    assertThat(command(bag.toString())).isZero();
    assertThat(report().counts().out()).isEqualTo(2);
    assertThat(said.toString()).contains(bag + " is named more than once; it is read once.");
  }

  @Test
  void imagesOfAnotherCameraOnTheTopicAreNotCompared() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      for (int i = 0; i < 4; i++) {
        write.write(
            TestBags.IMAGE,
            100L * i,
            image(header(100L * i, i % 2 == 0 ? "optical" : "rear"), 32, 24, "rgb8", FOUR_METRES));
        write.depth(100L * i, 4000);
      }
    }
    assertThat(command()).isZero();
    assertThat(said.toString())
        .contains("2 images are of another frame than the first (optical)")
        .contains("judged    depth on 2 of 4 frames");
  }

  @Test
  void namesInARecordingAreShownAndNotObeyed() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      for (String frame : List.of("opt\u001b[2Jical", "rear\u202e")) {
        write.write(TestBags.IMAGE, 0, image(header(0, frame), 32, 24, "rgb8", FOUR_METRES));
      }
    }
    assertThat(command()).isZero();
    assertThat(said.toString())
        .contains("of another frame than the first (opt\\x1b[2Jical)")
        .contains("(rgb8, 32x24, frame opt\\x1b[2Jical)")
        .doesNotContain("\u001b", "\u202e");
  }

  @Test
  void truthMayChangeItsSizeWithItsImageButNotAlone() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      int[][] heights = {{24, 24}, {30, 30}, {30, 24}, {40, 20}};
      for (int i = 0; i < 4; i++) {
        Header header = header(100L * i, "optical");
        write.write(
            TestBags.IMAGE, 100L * i, image(header, 32, heights[i][0], "rgb8", FOUR_METRES));
        write.write(
            TestBags.DEPTH, 100L * i, image(header, 32, heights[i][1], "16UC1", counts(4000)));
      }
    }
    assertThat(command()).isZero();
    assertThat(report().counts().matched().get("depth")).isEqualTo(2);
    assertThat(said.toString()).contains("Truth has another shape than its image 2 times");
  }

  @Test
  void numbersAreWrittenInOneLocale() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      write.image(0).depth(0, 4500).labels(0, 0).cameraInfo(0, 30);
    }
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(command("--gate", "depth.rmse<0.6", "--gate", "frames.out>=1")).isZero();
    } finally {
      Locale.setDefault(before);
    }
    assertThat(said.toString())
        .contains("1 of 1 images")
        .matches("(?s)[^\\u0660-\\u0669\\u06f0-\\u06f9]*");
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .matches("(?s)[^\\u0660-\\u0669\\u06f0-\\u06f9]*");
    assertThat(Files.readString(folder.resolve("out/report.json")))
        .matches("(?s)[^\\u0660-\\u0669\\u06f0-\\u06f9]*");
  }

  @Test
  void depthOfAnotherCameraNamesTheImagesThatItFits() throws Exception {
    try (TestBags write = new TestBags(bag)) {
      for (int i = 0; i < 4; i++) {
        write.image(100L * i);
        write.image(100L * i + 50);
        Header rear = header(100L * i, "rear_optical");
        write.write("/rear/image", 100L * i, image(rear, 64, 36, "rgb8", new byte[] {9, 9, 9}));
        write.write("/rear/depth", 100L * i, image(rear, 64, 36, "16UC1", counts(4000)));
      }
    }
    String wayOut = "; it is of the camera of /rear/image: --image /rear/image";
    assertThat(command()).isZero();
    assertThat(said.toString()).contains("is not taken for depth").contains(wayOut);
    assertThat(command("--depth", "/rear/depth")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("--depth /rear/depth").contains(wayOut);
    assertThat(command("--image", "/rear/image")).isZero();
    assertThat(report().topics().truths().get("depth")).isEqualTo("/rear/depth");
    // a camera whose images are not in the bag has no way out
    bag("/front/depth", "front_optical", 32, 24, "16UC1", counts(4000));
    said.getBuffer().setLength(0);
    assertThat(command()).isZero();
    assertThat(said.toString())
        .contains("is not taken for depth")
        .doesNotContain("of the camera of");
  }
}
