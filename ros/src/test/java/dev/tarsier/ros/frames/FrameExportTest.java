package dev.tarsier.ros.frames;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.ros.cli.RobotCommands;
import dev.tarsier.ros.replay.TestBags;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.CompressedImage;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.runtime.tensor.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code tarsier bag export} over small bags whose content is known. */
class FrameExportTest {
  @TempDir Path folder;
  private Path bag;
  private Path out;
  private final StringWriter said = new StringWriter();

  @BeforeEach
  void name() {
    bag = folder.resolve("drive.bag");
    out = folder.resolve("frames");
  }

  private int export(String... more) {
    said.getBuffer().setLength(0);
    List<String> arguments =
        new ArrayList<>(List.of("bag", "export", bag.toString(), "--out", out.toString()));
    arguments.addAll(Arrays.asList(more));
    CommandLine line = RobotCommands.commandLine(new RobotCommands());
    line.setOut(new PrintWriter(said));
    line.setErr(new PrintWriter(said));
    return line.execute(arguments.toArray(String[]::new));
  }

  private List<String> files(String of) throws IOException {
    if (!Files.exists(out.resolve(of))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(out.resolve(of))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private List<String> list(String split) throws IOException {
    return Files.readAllLines(out.resolve("splits").resolve(split + ".txt"));
  }

  private static String stamp(long millis) {
    return Long.toString(TestBags.START + millis * TestBags.MILLI);
  }

  /** Images at 10 Hz, depth with every third of them, 5 ms later. */
  private void drive(Path file, long firstMillis, int images) throws IOException {
    try (TestBags writer = new TestBags(file)) {
      for (int i = 0; i < images; i++) {
        long millis = firstMillis + 100L * i;
        writer.cameraInfo(millis, 40).image(millis);
        if (i % 3 == 1) {
          writer.depth(millis + 5, 1000 + i);
        }
      }
    }
  }

  @Test
  void imagesDepthCalibrationAndListsAreFiles() throws IOException {
    drive(bag, 0, 30);
    assertThat(export("--every", "0", "--split", "0.6", "--gap", "250ms", "--tolerance", "0.01s"))
        .as(said.toString())
        .isZero();
    assertThat(files("rgb")).hasSize(30).startsWith(stamp(0) + ".png");
    assertThat(files("depth")).hasSize(10).startsWith(stamp(100) + ".png");
    BufferedImage image = ImageIO.read(out.resolve("rgb").resolve(stamp(0) + ".png").toFile());
    assertThat(image.getWidth()).isEqualTo(32);
    assertThat(image.getRGB(5, 5) & 0xffffff).isEqualTo(0x996633);
    BufferedImage depth = ImageIO.read(out.resolve("depth").resolve(stamp(400) + ".png").toFile());
    assertThat(depth.getSampleModel().getSampleSize(0)).isEqualTo(16);
    assertThat(depth.getRaster().getSample(31, 23, 0)).isEqualTo(1004);
    assertThat(list("all")).hasSize(30);
    // 18 of 30 are before the cut at 1.8 s; 1.6 and 1.7 s are too near to it
    assertThat(list("train")).hasSize(16).startsWith(stamp(0)).endsWith(stamp(1500));
    assertThat(list("val")).hasSize(12).startsWith(stamp(1800));
    assertThat(out.resolve("camera.yaml"))
        .content()
        .contains("image_width: 32", "data: [40.0, 0.0, 16.0, 0.0, 40.0, 12.0, 0.0, 0.0, 1.0]");
    assertThat(said.toString())
        .contains("30 frames, 10 with depth")
        .contains("16 to train on, 12 to validate on, 2 between them in neither");
  }

  @Test
  void ofEachStretchOfTimeTheFrameWithDepthIsTaken() throws IOException {
    drive(bag, 0, 12);
    assertThat(export("--every", "0.4s", "--split", "1")).as(said.toString()).isZero();
    // at 0.8 s none of the first half has depth
    assertThat(files("rgb"))
        .containsExactly(stamp(100) + ".png", stamp(400) + ".png", stamp(800) + ".png");
    assertThat(files("depth")).containsExactly(stamp(100) + ".png", stamp(400) + ".png");
    assertThat(files("splits")).containsExactly("all.txt");
  }

  @Test
  void theSameCommandGoesOnAndAnotherOneIsRefused() throws IOException {
    drive(bag, 0, 10);
    assertThat(export("--every", "0", "--split", "1")).isZero();
    Path record = out.resolve("export.json");
    Path first = out.resolve("rgb").resolve(stamp(0) + ".png");
    Path kept = out.resolve("rgb").resolve(stamp(300) + ".png");
    assertThat(export("--every", "0", "--split", "1")).isZero();
    assertThat(said.toString()).contains("has all of this export already");
    // as a kill would leave it
    Files.writeString(
        record, Files.readString(record).replace("\"complete\" : true", "\"complete\" : false"));
    Files.delete(out.resolve("rgb").resolve(stamp(500) + ".png"));
    Files.setLastModifiedTime(kept, FileTime.fromMillis(0));
    assertThat(export("--every", "0", "--split", "1")).isZero();
    assertThat(files("rgb")).hasSize(10);
    assertThat(Files.getLastModifiedTime(kept).toMillis()).isZero();
    assertThat(first).exists();
    assertThat(said.toString()).contains("10 frames, 3 with depth");
    assertThat(export("--every", "1s", "--split", "1")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("holds frames of another export").hasLineCount(1);
    Files.delete(record);
    assertThat(export("--every", "0", "--split", "1")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("was not made by this command").hasLineCount(1);
  }

  @Test
  void wholeBagsAreForValidation() throws IOException {
    Path second = folder.resolve("second.bag");
    drive(bag, 0, 8);
    drive(second, 1000, 4);
    assertThat(export(second.toString(), "--every", "0", "--split-by", "bag", "--gap", "400ms"))
        .as(said.toString())
        .isZero();
    assertThat(list("train")).hasSize(7).endsWith(stamp(600));
    assertThat(list("val")).containsExactly(stamp(1000), stamp(1100), stamp(1200), stamp(1300));
  }

  @Test
  void aSplitThatLeavesASideEmptyIsToldBeforeAnythingIsWritten() throws IOException {
    drive(bag, 0, 10);
    assertThat(export("--gap", "5s")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("cannot be split").contains("--split 1").hasLineCount(1);
    assertThat(out).doesNotExist();
    assertThat(export("--split-by", "bag")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("needs images in at least two bags").hasLineCount(1);
    Path second = folder.resolve("second.bag");
    try (TestBags writer = new TestBags(second)) {
      writer.cameraInfo(2000, 40);
    }
    assertThat(export(second.toString(), "--split-by", "bag")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString())
        .contains("there is one with them, and none on %s in %s;".formatted(TestBags.IMAGE, second))
        .hasLineCount(1);
    assertThat(out).doesNotExist();
    assertThat(export()).isZero();
    assertThat(said.toString()).contains("No split: 10 frames of 0.9 s");
    assertThat(files("splits")).containsExactly("all.txt");
  }

  /** A JPEG file with a segment of EXIF that says "turned by 90 degrees". */
  private static byte[] turnedJpeg() {
    byte[] plain = new RgbImage(32, 24, new byte[3 * 32 * 24]).jpeg(90);
    byte[] tiff = {
      'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0
    };
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(plain, 0, 2);
    file.write(0xff);
    file.write(0xe1);
    file.write(0);
    file.write(2 + 6 + tiff.length);
    file.writeBytes(new byte[] {'E', 'x', 'i', 'f', 0, 0});
    file.writeBytes(tiff);
    file.write(plain, 2, plain.length - 2);
    return file.toByteArray();
  }

  @Test
  void jpegFilesStayAsTheyWereButForTheirOrientation() throws IOException {
    byte[] plain = new RgbImage(32, 24, new byte[3 * 32 * 24]).jpeg(90);
    byte[] cut = Arrays.copyOf(plain, plain.length / 2);
    try (TestBags writer = new TestBags(bag)) {
      int millis = 0;
      for (byte[] file : new byte[][] {plain, turnedJpeg(), cut}) {
        writer.write(
            "/cam/image/compressed",
            millis,
            new CompressedImage(TestBags.header(millis), "jpeg", ByteBuffer.wrap(file)));
        millis += 100;
      }
    }
    assertThat(export("--every", "0", "--split", "1")).as(said.toString()).isZero();
    assertThat(files("rgb")).containsExactly(stamp(0) + ".jpg", stamp(100) + ".jpg");
    assertThat(out.resolve("rgb").resolve(stamp(0) + ".jpg")).hasBinaryContent(plain);
    assertThat(out.resolve("rgb").resolve(stamp(100) + ".jpg")).hasBinaryContent(plain);
    assertThat(said.toString())
        .contains("2 frames, 0 with depth")
        .contains("1 frame was left out: ")
        .contains("no calibration of the images");
  }

  @Test
  void depthOfAnotherCameraIsRefusedWithTheWayOut() throws IOException {
    byte[] pixel = {0x10, 0x27};
    try (TestBags writer = new TestBags(bag)) {
      for (int i = 0; i < 3; i++) {
        writer.cameraInfo(100L * i, 40).image(100L * i);
        Header header =
            new Header(0, RosTime.ofNanos(TestBags.START + 100L * i * TestBags.MILLI), "ir");
        Image depth = TestBags.image(100L * i, 32, 24, "16UC1", 64, pixel);
        writer.write(
            TestBags.DEPTH, 100L * i, new Image(header, 24, 32, "16UC1", false, 64, depth.data()));
      }
    }
    assertThat(export("--every", "0", "--split", "1")).isZero();
    assertThat(files("depth")).isEmpty();
    assertThat(said.toString()).contains("frame ir, the images are of optical", "--depth-aligned");
    out = folder.resolve("named");
    assertThat(export("--topics", TestBags.IMAGE + "," + TestBags.DEPTH))
        .isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("cannot be registered").hasLineCount(1);
    assertThat(export("--depth", TestBags.DEPTH, "--depth-aligned", "--split", "1", "--every", "0"))
        .isZero();
    assertThat(files("depth")).hasSize(3);
  }

  @Test
  void depthOfHalfTheSizeIsOfTheImagesSizeWithItsHoles() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(2 * 16 * 12).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 16 * 12; i++) {
      data.putShort((short) (i % 16 == 0 ? 0 : 1000 + i % 16));
    }
    try (TestBags writer = new TestBags(bag)) {
      writer.image(0);
      writer.write(
          TestBags.DEPTH,
          0,
          new Image(TestBags.header(0), 12, 16, "16UC1", false, 32, data.flip()));
    }
    assertThat(export("--split", "1")).as(said.toString()).isZero();
    BufferedImage depth = ImageIO.read(out.resolve("depth").resolve(stamp(0) + ".png").toFile());
    assertThat(depth.getWidth()).isEqualTo(32);
    assertThat(depth.getRaster().getSample(1, 10, 0)).isZero();
    assertThat(depth.getRaster().getSample(2, 10, 0)).isEqualTo(1001);
    assertThat(depth.getRaster().getSample(31, 23, 0)).isEqualTo(1015);
  }

  @Test
  void labelsOfTheBagComeWhereTheyAreNamed() throws IOException {
    try (TestBags writer = new TestBags(bag)) {
      writer.image(0).labels(0, 7);
    }
    assertThat(export("--split", "1", "--labels", TestBags.LABELS)).as(said.toString()).isZero();
    BufferedImage ids = ImageIO.read(out.resolve("labels").resolve(stamp(0) + ".png").toFile());
    assertThat(ids.getRaster().getSample(3, 3, 0)).isEqualTo(7);
  }

  @Test
  void aDamagedBagGivesWhatIsWholeAndNoBagGivesALine() throws IOException {
    drive(bag, 0, 30);
    byte[] whole = Files.readAllBytes(bag);
    Files.write(bag, Arrays.copyOf(whole, whole.length / 2));
    assertThat(export("--every", "0", "--split", "1")).isEqualTo(RobotCommands.DAMAGED);
    assertThat(files("rgb")).hasSizeBetween(5, 20);
    assertThat(said.toString()).contains("DAMAGED");
    out = folder.resolve("none");
    Files.write(bag, new byte[5000]);
    assertThat(export()).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("is no ROS bag").hasLineCount(1);
    assertThat(out).doesNotExist();
  }

  @Test
  void whatIsAskedForWronglyIsNamed() throws IOException {
    drive(bag, 0, 3);
    assertThat(export("--every", "often")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("such as 0.5s, 500ms or 2min");
    assertThat(export("--image", "/camera/rgb/image_colour")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("did you mean '" + TestBags.IMAGE).hasLineCount(1);
    assertThat(export("--split", "1.5")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(export("--tolerance", "often")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(export("--tolerance", "11s")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("--tolerance must be 0 to 10000 ms, got 11000");
    assertThat(export("--bundle", "mine")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("--bundle goes with --uncertain N");
    assertThat(export("--uncertain", "0")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(export("--uncertain", "2", "--bundle", "none")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString()).contains("there is no bundle 'none'").hasLineCount(1);
    assertThat(out).doesNotExist();
  }

  /** Clocks of simulations begin at 0: names are in the order of time all the same. */
  @Test
  void stampsOfASimulationHaveAllDigits() throws IOException {
    try (TestBags writer = new TestBags(bag)) {
      for (long second : List.of(2L, 11L, 100L)) {
        writer.image(second * 1000 - TestBags.START / TestBags.MILLI);
      }
    }
    assertThat(export("--every", "0", "--split", "1")).as(said.toString()).isZero();
    assertThat(files("rgb"))
        .containsExactly(
            "0000000002000000000.png", "0000000011000000000.png", "0000000100000000000.png");
  }

  @Test
  void topicsAreFoundWithoutTheirSlashAndOthersAreNamed() throws IOException {
    drive(bag, 0, 4);
    String bare = TestBags.IMAGE.substring(1) + "," + TestBags.DEPTH.substring(1);
    assertThat(export("--every", "0", "--topics", bare)).as(said.toString()).isZero();
    assertThat(files("depth")).isNotEmpty();
    assertThat(export("--topics", "/camera/rgb/image_colour")).isEqualTo(RobotCommands.CANNOT_RUN);
    assertThat(said.toString())
        .contains("there is no such topic", "did you mean '" + TestBags.IMAGE);
  }

  @Test
  void theCalibrationIsOfTheImagesSize() throws IOException {
    try (TestBags writer = new TestBags(bag)) {
      writer.write(
          TestBags.INFO, 0, CameraInfo.pinhole(TestBags.header(0), 64, 48, 80, 82, 31, 25));
      writer.image(0);
    }
    assertThat(export("--split", "1")).isZero();
    assertThat(out.resolve("camera.yaml"))
        .content()
        .contains("image_width: 32", "data: [40.0, 0.0, 15.5, 0.0, 41.0, 12.5, 0.0, 0.0, 1.0]");
    assertThat(said.toString()).contains("scaled by 1/2");
  }
}
