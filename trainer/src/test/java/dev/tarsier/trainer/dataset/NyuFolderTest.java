package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NyuFolderTest {
  @TempDir private Path root;

  @BeforeEach
  void write() throws IOException {
    for (String name : new String[] {"0001", "0002"}) {
      picture("rgb/" + name + ".jpg", 8, 6, BufferedImage.TYPE_INT_RGB, 0x8040C0);
      picture("depth/" + name + ".png", 8, 6, BufferedImage.TYPE_BYTE_GRAY, 50);
      picture("label13/" + name + ".png", 8, 6, BufferedImage.TYPE_BYTE_GRAY, 13);
    }
    Files.createDirectories(root.resolve("splits"));
    Files.writeString(root.resolve("splits/all.txt"), "0001\n0002\n");
    Files.writeString(root.resolve("splits/one.txt"), "0002\n");
  }

  private void picture(String file, int width, int height, int type, int value) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    BufferedImage image = new BufferedImage(width, height, type);
    for (int i = 0; i < width * height; i++) {
      if (type == BufferedImage.TYPE_BYTE_GRAY) {
        // Grey values as they are: setRGB would bend them by the colour space's curve.
        boolean ignored = i == 0 && file.startsWith("label");
        image.getRaster().setSample(i % width, i / width, 0, ignored ? 0 : value);
      } else {
        image.setRGB(i % width, i / width, value);
      }
    }
    ImageIO.write(image, file.endsWith("jpg") ? "jpg" : "png", path.toFile());
  }

  private NyuFolder open() {
    return open("all", ClassSet.NYU_13, null, null);
  }

  private NyuFolder open(String split, ClassSet classes, String labelledSplit, String depthSplit) {
    NyuFolder.Options section =
        new NyuFolder.Options(
            root.toString(), split, labelledSplit, depthSplit, null, null, null, 0, null, false);
    return NyuFolder.open(root, section, classes);
  }

  @Test
  void readsColourDepthAndLabels() {
    NyuFolder folder = open();
    assertThat(folder.size()).isEqualTo(2);
    Sample sample = folder.get(1);
    assertThat(sample.width()).isEqualTo(8);
    assertThat(sample.name()).endsWith("0002.jpg");
    // JPEG keeps a plain colour to within a few steps.
    assertThat(sample.rgb()[30] & 0xff).isCloseTo(0x80, within(6));
    assertThat(sample.rgb()[31] & 0xff).isCloseTo(0x40, within(6));
    assertThat(sample.rgb()[32] & 0xff).isCloseTo(0xC0, within(6));
    assertThat(sample.values(Depth.ID)[5]).isEqualTo(50.5f / 25.5f);
    assertThat(sample.ids(Segmentation.ID)[0] & 0xff).isEqualTo(ClassMap.USUAL_IGNORE_ID);
    assertThat(sample.ids(Segmentation.ID)[1]).isEqualTo((byte) 12);
  }

  @Test
  void leavesOutLabelsAndDepthThatMayNotBeUsed() {
    NyuFolder folder = open("all", ClassSet.NYU_13, "one", "one");
    assertThat(folder.get(0).ids(Segmentation.ID)).isNull();
    assertThat(folder.get(0).values(Depth.ID)).isNull();
    assertThat(folder.get(1).ids(Segmentation.ID)).isNotNull();
    assertThat(folder.sha256()).isNotEqualTo(open().sha256());
  }

  private NyuFolder disjoint(String part, Boolean labels, Boolean depth) {
    NyuFolder.Options section =
        new NyuFolder.Options(
            root.toString(),
            "all",
            null,
            null,
            new FrameChoice(null, null, null, part),
            labels,
            depth,
            0,
            null,
            false);
    return NyuFolder.open(root, section, ClassSet.NYU_13);
  }

  @Test
  void halvesShareNoFrameAndKeepBackWhatTheyAreTold() throws IOException {
    Files.delete(root.resolve("label13/0001.png"));
    Files.delete(root.resolve("label13/0002.png"));
    NyuFolder depth = disjoint("2/2", false, null);
    assertThat(depth.size()).isEqualTo(1);
    assertThat(depth.name()).isEqualTo("nyuv2/all (part 2/2)");
    assertThat(depth.get(0).ids(Segmentation.ID)).isNull();
    assertThat(depth.get(0).values(Depth.ID)).isNotNull();
    assertThatThrownBy(() -> disjoint("1/2", null, false))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("label13");
    NyuFolder other = disjoint("1/2", false, null);
    assertThat(other.get(0).name()).isNotEqualTo(depth.get(0).name());
    assertThat(disjoint("1/2", false, false).get(0).values(Depth.ID)).isNull();
    assertThat(disjoint("1/2", false, false).sha256()).isNotEqualTo(other.sha256());
  }

  @Test
  void refusesAListOfWhatIsKeptBack() {
    assertThatThrownBy(
            () -> new NyuFolder.Options("r", "all", "one", null, null, false, null, 0, null, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("labels is false", "labelled_split: one");
  }

  @Test
  void namesAListOfLabelsThatHasNoneOfTheFrames() throws IOException {
    Files.writeString(root.resolve("splits/other.txt"), "0007\n");
    assertThatThrownBy(() -> open("all", ClassSet.NYU_13, "other", null))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no frame of split other is in all");
  }

  @Test
  void usesAFrameThatIsListedTwiceOnceAndSaysSo() throws IOException {
    Files.writeString(root.resolve("splits/all.txt"), "0001\n0002\n0001\n");
    NyuFolder folder = open();
    assertThat(folder.size()).isEqualTo(2);
    assertThat(folder.remarks())
        .containsExactly(
            root.resolve("splits/all.txt")
                + " names 1 frame more than once; each is used once: 0001");
  }

  @Test
  void aListMayBeginWithAByteOrderMark() throws IOException {
    Path list = Files.writeString(root.resolve("splits/all.txt"), "\uFEFF0001\r\n0002\r\n");
    assertThat(open().size()).isEqualTo(2);
    assertThat(
            new FrameChoice(null, null, list.toString(), null)
                .of(List.of("0001", "0002", "0003"), "it"))
        .containsExactly("0001", "0002");
  }

  @Test
  void saysWhichLabelledFramesAreNotInTheSplit() throws IOException {
    Files.writeString(root.resolve("splits/labelled.txt"), "0002\n0008\n0009\n");
    NyuFolder folder = open("all", ClassSet.NYU_13, "labelled", null);
    assertThat(folder.remarks())
        .containsExactly(
            "2 of the 3 frames of split labelled are not in all and are left out: 0008, 0009");
  }

  @Test
  void saysWhichLabelsMatchNoPhoto() throws IOException {
    picture("label13/0011.png", 8, 6, BufferedImage.TYPE_BYTE_GRAY, 1);
    picture("depth/0012.PNG", 8, 6, BufferedImage.TYPE_BYTE_GRAY, 1);
    assertThat(open().remarks())
        .hasSize(2)
        .anySatisfy(
            remark ->
                assertThat(remark).contains("label13 matches no photo in rgb").endsWith("0011"))
        .anySatisfy(
            remark ->
                assertThat(remark).contains("depth matches no photo in rgb").endsWith("0012"));
  }

  @Test
  void readsFilesWhoseExtensionIsInUpperCase() throws IOException {
    String before = open().sha256();
    Files.move(root.resolve("label13/0001.png"), root.resolve("label13/0001.PNG"));
    Files.move(root.resolve("depth/0002.png"), root.resolve("depth/0002.Png"));
    Files.move(root.resolve("rgb/0002.jpg"), root.resolve("rgb/0002.JPG"));
    assertThat(open().sha256()).isEqualTo(before);
    assertThat(open().remarks()).isEmpty();
  }

  @Test
  void depthOfZeroIsUnknownAndSaid() throws IOException {
    picture("depth/0002.png", 8, 6, BufferedImage.TYPE_BYTE_GRAY, 0);
    NyuFolder folder = open();
    assertThat(folder.get(1).values(Depth.ID)).containsOnly(Float.NaN);
    assertThat(folder.remarks())
        .containsExactly(
            "1 of 2 frames have depth of 0 (48 pixels in all), which is read as unknown: 0002.jpg");
  }

  @Test
  void turnsAPhotoByItsExifOrientation() throws IOException {
    Path file = root.resolve("rgb/0002.jpg");
    BufferedImage image = new BufferedImage(8, 6, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 3; y++) {
      for (int x = 0; x < 8; x++) {
        image.setRGB(x, y, 0xFFFFFF);
      }
    }
    ImageIO.write(image, "jpg", file.toFile());
    String before = open().sha256();
    Files.write(file, ExifOrientationTest.withOrientation(Files.readAllBytes(file), 3));
    NyuFolder folder = open();
    assertThat(folder.get(1).rgb()[0] & 0xff).as("top, upside down").isLessThan(60);
    assertThat(folder.sha256()).isNotEqualTo(before);
    assertThat(folder.remarks())
        .singleElement()
        .asString()
        .startsWith("1 of 2 photos are turned by their EXIF orientation")
        .endsWith("0002.jpg");

    Files.write(file, ExifOrientationTest.withOrientation(Files.readAllBytes(file), 6));
    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("is 8x6, its image is 6x8, turned by its EXIF orientation 6");
  }

  @Test
  void namesALineOfASplitThatIsAFile() throws IOException {
    for (String name : new String[] {"0001.jpg", "../nyu/0001", "0002.PNG"}) {
      Files.writeString(root.resolve("splits/all.txt"), name + "\n");
      assertThatThrownBy(this::open)
          .isInstanceOf(DataException.class)
          .hasMessageContaining("splits/all.txt names '" + name + "'; write names of frames");
    }
  }

  @Test
  void theHashIsOfTheContent() throws IOException {
    String before = open().sha256();
    assertThat(open().sha256()).isEqualTo(before).hasSize(64);
    picture("depth/0002.png", 8, 6, BufferedImage.TYPE_BYTE_GRAY, 51);
    assertThat(open().sha256()).isNotEqualTo(before);
  }

  @Test
  void namesAMissingFile() throws IOException {
    Files.delete(root.resolve("depth/0002.png"));
    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessageContaining(root.resolve("depth/0002.png") + " is missing");
  }

  @Test
  void namesAFileThatIsNoImage() throws IOException {
    Files.writeString(root.resolve("label13/0001.png"), "no image");
    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("label13/0001.png is no readable PNG");
  }

  @Test
  void namesATruncatedFile() throws IOException {
    Path file = root.resolve("rgb/0001.jpg");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("rgb/0001.jpg");
  }

  @Test
  void namesADepthImageOfAnotherSize() throws IOException {
    picture("depth/0001.png", 4, 6, BufferedImage.TYPE_BYTE_GRAY, 50);
    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("depth/0001.png is 4x6, its image is 8x6");
  }

  @Test
  void namesTheFileAndPixelOfALabelOutOfRange() throws IOException {
    picture("label13/0002.png", 8, 6, BufferedImage.TYPE_BYTE_GRAY, 14);
    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("label13/0002.png: label 14 at pixel (1, 0) is out of range");
  }

  @Test
  void readsTheFortyClasses() throws IOException {
    for (String name : new String[] {"0001", "0002"}) {
      picture("label40/" + name + ".png", 8, 6, BufferedImage.TYPE_BYTE_GRAY, 40);
    }
    NyuFolder folder = open("all", ClassSet.NYU_40, null, null);
    assertThat(folder.get(0).ids(Segmentation.ID)[0] & 0xff).isEqualTo(ClassMap.USUAL_IGNORE_ID);
    assertThat(folder.get(0).ids(Segmentation.ID)[1]).isEqualTo((byte) 39);
  }

  @Test
  void saysWhichSplitsThereAre() {
    assertThatThrownBy(() -> open("al", ClassSet.NYU_13, null, null))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("al.txt is missing; there are all, one");
  }
}
