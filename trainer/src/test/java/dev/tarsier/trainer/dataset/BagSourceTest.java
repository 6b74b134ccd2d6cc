package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.bag.BagWriter;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BagSourceTest {
  private static final long MS = 1_000_000;
  private static final long START = 1_500_000_000_000_000_000L;
  private static final int FRAMES = 12;

  @TempDir private Path folder;

  /** Stamp of a frame at 30 Hz. */
  private static long stamp(int frame) {
    return START + 33 * MS * frame;
  }

  private static Image image(int frame, String encoding, int width, byte[] data) {
    int step = data.length / 2;
    Header header = new Header(frame, RosTime.ofNanos(stamp(frame)), "camera");
    return new Image(header, 2, width, encoding, false, step, ByteBuffer.wrap(data));
  }

  private Path bag(String name, boolean colour, int... labelled) throws IOException {
    Path file = folder.resolve(name);
    try (BagWriter bag = new BagWriter(file, BagCompression.NONE)) {
      for (int i = 0; i < FRAMES; i++) {
        if (colour) {
          byte[] rgb = new byte[24];
          rgb[0] = (byte) (10 * i);
          bag.write("/rgb", stamp(i), image(i, "rgb8", 4, rgb));
          ByteBuffer depth = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
          for (int millimetres : new int[] {0, 1500 + i, 65535, 65534, 1, 2, 3, 4}) {
            depth.putShort((short) millimetres);
          }
          bag.write("/depth", stamp(i), image(i, "16UC1", 4, depth.array()));
        }
        for (int each : labelled) {
          if (each == i) {
            byte[] ids = {(byte) i, (byte) 255, 0, 0, 0, 0, 0, 0};
            bag.write("/labels", stamp(i), image(i, "mono8", 4, ids));
          }
        }
      }
    }
    return file;
  }

  /** 4×2 pixels, as the driver has it; the network sees twice as many. */
  @Test
  void theCameraIsThatOfTheCalibrationBesideTheImages() throws Exception {
    Path file = folder.resolve("calibrated.bag");
    Path without = bag("without.bag", true, 1);
    for (boolean rectified : new boolean[] {false, true}) {
      String topic = rectified ? "/camera/image_rect_color" : "/camera/image_color";
      try (BagWriter bag = new BagWriter(file, BagCompression.NONE)) {
        Header header = new Header(0, RosTime.ofNanos(stamp(0)), "camera");
        CameraInfo info = CameraInfo.pinhole(header, 4, 2, 3, 3, 2, 1);
        info.model().p()[0] = 5;
        bag.write("/camera/camera_info", stamp(0), info);
        bag.write(topic, stamp(0), image(0, "rgb8", 4, new byte[24]));
        bag.write("/labels", stamp(0), image(0, "mono8", 4, new byte[8]));
      }
      BagSource.Options section = section(file, topic);
      PathResolver paths = new PathResolver(folder.resolve("recipe.yaml"), Map.of());
      Intrinsics camera = new Intrinsics(rectified ? 10 : 6, 6, 4, 2);
      assertThat(section.camera(paths, 8, 4)).hasValue(camera);
      assertThat(section(without, "/rgb").camera(paths, 8, 4)).isEmpty();
      BagSource source = BagSource.open(file, section, Openings.of(ClassSet.NYU_13, 4, 8));
      assertThat(source.get(0).camera()).isEqualTo(camera);
      assertThat(source.remarks())
          .anyMatch(each -> each.contains("focal length %s pixels".formatted(camera.fx())));
    }
  }

  private static BagSource.Options section(Path bag, String topic) {
    return new BagSource.Options(
        bag.toString(), null, topic, null, null, null, "/labels", null, null, null, null, null);
  }

  private void picture(String name, int id) throws IOException {
    BufferedImage image = new BufferedImage(4, 2, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSample(0, 0, 0, id);
    image.getRaster().setSample(1, 0, 0, 255);
    Path file = folder.resolve("labels").resolve(name);
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  private static BagSource open(Path bag, String labels, Path labelsFrom, int everyNth) {
    BagSource.Options section =
        new BagSource.Options(
            bag.toString(),
            null,
            "/rgb",
            "/depth",
            null,
            null,
            labels,
            labelsFrom == null ? null : labelsFrom.toString(),
            everyNth,
            0,
            null,
            false);
    return BagSource.open(bag, section, Openings.of(ClassSet.NYU_13, 2, 4));
  }

  private static List<Integer> labelled(BagSource source) {
    return IntStream.range(0, source.size())
        .filter(i -> source.get(i).ids(Segmentation.ID) != null)
        .boxed()
        .toList();
  }

  @Test
  void framesWithoutLabelsHaveNone() throws IOException {
    BagSource source = open(bag("some.bag", true, 2, 7, 8), "/labels", null, 1);
    assertThat(source.size()).isEqualTo(FRAMES);
    assertThat(labelled(source)).containsExactly(2, 7, 8);
    assertThat(source.get(7).ids(Segmentation.ID)).startsWith((byte) 7, (byte) 255, (byte) 0);
    assertThat(IntStream.range(0, FRAMES)).allMatch(i -> source.get(i).values(Depth.ID) != null);
  }

  @Test
  void everySecondFrameTakesNoLabelsOfTheFramesBetween() throws IOException {
    BagSource source = open(bag("some.bag", true, 2, 7, 8), "/labels", null, 2);
    assertThat(source.size()).isEqualTo(FRAMES / 2);
    assertThat(labelled(source)).containsExactly(1, 4);
    assertThat(source.get(4).rgb()[0]).isEqualTo((byte) 80);
    assertThat(source.get(4).ids(Segmentation.ID)[0]).isEqualTo((byte) 8);
    assertThat(source.get(4).values(Depth.ID)[1]).isEqualTo(1.508f);
  }

  @Test
  void depthThatTheCameraCouldNotMeasureIsUnknown() throws IOException {
    float[] metres = open(bag("some.bag", true), null, null, 1).get(3).values(Depth.ID);
    assertThat(metres[0]).isNaN();
    assertThat(metres[1]).isEqualTo(1.503f);
    assertThat(metres[2]).as("65535, beyond what the camera counts").isNaN();
    assertThat(metres[3]).isEqualTo(65.534f);
  }

  /** A bag of one image, 40x20, with depth of another size, of whose rows the first are nearer. */
  private Path oneFrame(int depthWidth, int depthHeight) throws IOException {
    Path file = folder.resolve("one.bag");
    Header header = new Header(0, RosTime.ofNanos(stamp(0)), "camera");
    ByteBuffer depth =
        ByteBuffer.allocate(2 * depthWidth * depthHeight).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < depthWidth * depthHeight; i++) {
      depth.putShort((short) (i < depthWidth * depthHeight / 2 ? 1000 : 2000));
    }
    try (BagWriter bag = new BagWriter(file, BagCompression.NONE)) {
      bag.write(
          "/rgb",
          stamp(0),
          new Image(header, 20, 40, "rgb8", false, 120, ByteBuffer.allocate(2400)));
      bag.write(
          "/depth",
          stamp(0),
          new Image(
              header,
              depthHeight,
              depthWidth,
              "16UC1",
              false,
              2 * depthWidth,
              ByteBuffer.wrap(depth.array())));
    }
    return file;
  }

  @Test
  void depthMayBeOfAnotherSizeButNotOfAnotherShape() throws IOException {
    for (Path bag : List.of(oneFrame(20, 10), oneFrame(20, 11), oneFrame(80, 40))) {
      assertThat(open(bag, null, null, 1).get(0).values(Depth.ID))
          .containsExactly(1f, 1f, 1f, 1f, 2f, 2f, 2f, 2f);
    }
    Path square = oneFrame(40, 40);
    assertThatThrownBy(() -> open(square, null, null, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("one.bag: /depth is not taken: it is 40x40, the images are 40x20")
        .hasMessageContaining("another shape");
  }

  @Test
  void labelsOfAnotherBagAreFoundByTheirStamps() throws IOException {
    Path frames = bag("frames.bag", true);
    BagSource source = open(frames, "/labels", bag("labels.bag", false, 4, 11), 1);
    assertThat(labelled(source)).containsExactly(4, 11);
    assertThat(source.get(11).ids(Segmentation.ID)[0]).isEqualTo((byte) 11);
    assertThat(source.sha256()).isNotEqualTo(open(frames, null, null, 1).sha256());
    assertThatThrownBy(() -> open(frames, "/other", folder.resolve("labels.bag"), 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("labels.bag has no image topic /other; it has /labels");
    assertThatThrownBy(() -> open(frames, null, folder.resolve("labels.bag"), 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("labels.bag is a bag; say which of its topics has the labels");
  }

  @Test
  void labelsOfAFolderAreFoundByTheirNames() throws IOException {
    Path bag = bag("frames.bag", true);
    picture(stamp(3) + ".png", 3);
    picture(String.format(Locale.ROOT, "1500000000.%09d.png", 297 * MS), 9);
    BagSource source = open(bag, null, folder.resolve("labels"), 1);
    assertThat(labelled(source)).containsExactly(3, 9);
    assertThat(source.get(3).ids(Segmentation.ID)).startsWith((byte) 3, (byte) 255, (byte) 0);
    assertThat(source.get(9).ids(Segmentation.ID)[0]).isEqualTo((byte) 9);
  }

  @Test
  void saysWhichLabelsMatchNoFrame() throws IOException {
    Path bag = bag("frames.bag", true);
    picture(stamp(3) + ".PNG", 3);
    picture("17.png", 9);
    BagSource source = open(bag, null, folder.resolve("labels"), 1);
    assertThat(labelled(source)).containsExactly(3);
    assertThat(source.remarks())
        .anySatisfy(
            remark ->
                assertThat(remark)
                    .startsWith("1 of 2 label files of ")
                    .endsWith("match no image within 50 ms and are not used: 17.png"));
  }

  @Test
  void namesALabelFileThatIsWrong() throws IOException {
    Path bag = bag("frames.bag", true);
    Path labels = folder.resolve("labels");
    assertThatThrownBy(() -> open(bag, null, labels, 1))
        .hasMessageContaining("labels is not there");
    picture(stamp(3) + ".png", 13);
    assertThatThrownBy(() -> open(bag, null, labels, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("label 13 on " + stamp(3) + ".png is out of range");
    Files.writeString(labels.resolve(stamp(3) + ".png"), "no image");
    assertThatThrownBy(() -> open(bag, null, labels, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(stamp(3) + ".png is no readable PNG");
    Files.delete(labels.resolve(stamp(3) + ".png"));
    assertThatThrownBy(() -> open(bag, null, labels, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("labels has no PNG files");
    picture("17.png", 1);
    assertThatThrownBy(() -> open(bag, null, labels, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("name the files by the stamps of their frames");
    picture("frame.png", 1);
    assertThatThrownBy(() -> open(bag, null, labels, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("frame.png must be named by its frame's stamp");
  }

  @Test
  void namesTheBagOfALabelOutOfRange() throws IOException {
    Path bag = bag("some.bag", true, 11);
    ClassSet eleven =
        new ClassSet(
            "few",
            ClassSet.NYU_13.names().subList(0, 11),
            ClassSet.NYU_13.colors().subList(0, 11),
            "",
            "few",
            null);
    BagSource.Options section =
        new BagSource.Options(
            bag.toString(), null, "/rgb", null, null, null, "/labels", null, 1, 0, null, false);
    assertThatThrownBy(() -> BagSource.open(bag, section, Openings.of(eleven, 2, 4)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("some.bag: label 11 on /labels is out of range; 0 to 10 are classes");
  }

  private static Image depthImage(int frame, String camera, RosTime stamp, int count) {
    ByteBuffer depth = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    while (depth.hasRemaining()) {
      depth.putShort((short) count);
    }
    return new Image(new Header(frame, stamp, camera), 2, 4, "16UC1", false, 8, depth.flip());
  }

  /** A bag of three frames whose depth is of this camera. */
  private Path depthBag(String name, String camera, int from, boolean stamped, int count)
      throws IOException {
    Path file = folder.resolve(name);
    try (BagWriter bag = new BagWriter(file, BagCompression.NONE)) {
      for (int i = from; i < from + 3; i++) {
        Image rgb = image(i, "rgb8", 4, new byte[24]);
        RosTime stamp = stamped ? RosTime.ofNanos(stamp(i)) : RosTime.ZERO;
        bag.write(
            "/rgb",
            stamp(i),
            new Image(new Header(i, stamp, "camera"), 2, 4, "rgb8", false, 12, rgb.data()));
        bag.write("/depth", stamp(i) + 1, depthImage(i, camera, stamp, count + i));
      }
    }
    return file;
  }

  private static BagSource open(Path bag, List<Path> continued, Double unit, boolean aligned) {
    BagSource.Options section =
        new BagSource.Options(
            bag.toString(),
            continued.stream().map(Path::toString).toList(),
            "/rgb",
            "/depth",
            unit,
            aligned,
            null,
            null,
            1,
            0,
            null,
            false);
    return BagSource.open(bag, section, Openings.of(ClassSet.NYU_13, 2, 4));
  }

  @Test
  void depthHasTheUnitThatIsGiven() throws IOException {
    Path bag = depthBag("tenths.bag", "/camera", 0, true, 20_000);
    BagSource source = open(bag, List.of(), 0.0001, false);
    assertThat(source.get(2).values(Depth.ID)).containsOnly(2.0002f);
    assertThat(source.remarks()).singleElement().asString().contains("unit 0.0001 m (as given)");
    assertThat(open(bag, List.of(), null, false).get(0).values(Depth.ID)).containsOnly(20f);
  }

  @Test
  void depthOfAnotherCameraIsRefusedUnlessItIsSaidToBeAligned() throws IOException {
    Path bag = depthBag("other.bag", "depth_camera", 0, true, 2000);
    assertThatThrownBy(() -> open(bag, List.of(), null, false))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("other.bag: /depth is not taken: it is of the frame depth_camera")
        .hasMessageContaining("aligned: true says that it is");
    assertThat(open(bag, List.of(), null, true).get(0).values(Depth.ID)).containsOnly(2f);
  }

  @Test
  void framesWithoutStampsArePairedByTheTimeOfRecording() throws IOException {
    BagSource source = open(depthBag("bare.bag", "camera", 0, false, 2000), List.of(), null, false);
    assertThat(source.get(2).values(Depth.ID)).containsOnly(2.002f);
    assertThat(source.remarks())
        .anySatisfy(each -> assertThat(each).contains("paired by the time of recording"));
  }

  @Test
  void aSplitRecordingIsOneDataSet() throws IOException {
    Path first = depthBag("drive_0.bag", "camera", 0, true, 2000);
    Path second = depthBag("drive_1.bag", "camera", 3, true, 2000);
    BagSource source = open(first, List.of(second), null, false);
    assertThat(source.size()).isEqualTo(6);
    assertThat(source.get(5).values(Depth.ID)).containsOnly(2.005f);
  }
}
