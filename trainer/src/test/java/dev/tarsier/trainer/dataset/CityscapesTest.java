package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.DataSet.DepthScale;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CityscapesTest {
  private static final int WIDTH = 16;
  private static final int HEIGHT = 8;
  private static final List<String> NAMES =
      List.of(
          "aachen_000000_000019", "aachen_000001_000019", "ulm_000000_000019", "ulm_000003_000019");

  @TempDir private Path root;

  @BeforeEach
  void write() throws IOException {
    for (String name : NAMES) {
      picture(file("leftImg8bit", name, "png"), BufferedImage.TYPE_INT_RGB, i -> 0x102030 + i);
      picture(file("gtFine", name, "png"), BufferedImage.TYPE_BYTE_GRAY, i -> i % 34);
      picture(file("disparity", name, "png"), BufferedImage.TYPE_USHORT_GRAY, i -> i * 256);
      Path camera = file("camera", name, "json");
      Files.createDirectories(camera.getParent());
      Files.writeString(
          camera,
          "{\"extrinsic\": {\"baseline\": 0.209313, \"pitch\": 0.038},"
              + " \"intrinsic\": {\"fx\": 2262.52, \"fy\": 2265.3, \"u0\": 1096.98}}");
    }
  }

  private Path file(String type, String name, String extension) {
    String kind = type.equals("gtFine") ? "gtFine_labelIds" : type;
    return root.resolve(
        "%s/train/%s/%s_%s.%s"
            .formatted(type, name.substring(0, name.indexOf('_')), name, kind, extension));
  }

  private static void picture(Path path, int type, IntUnaryOperator value) throws IOException {
    picture(path, WIDTH, HEIGHT, type, value);
  }

  private static void picture(Path path, int width, int height, int type, IntUnaryOperator value)
      throws IOException {
    Files.createDirectories(path.getParent());
    BufferedImage image = new BufferedImage(width, height, type);
    for (int i = 0; i < width * height; i++) {
      if (type == BufferedImage.TYPE_INT_RGB) {
        image.setRGB(i % width, i / width, value.applyAsInt(i));
      } else {
        image.getRaster().setSample(i % width, i / width, 0, value.applyAsInt(i));
      }
    }
    ImageIO.write(image, "png", path.toFile());
  }

  private Cityscapes open(ClassSet classes) {
    return open("train", null, null, null, DepthScale.METRES, classes, 1);
  }

  private Cityscapes open(
      FrameChoice frames, FrameChoice labelled, FrameChoice withDepth, DepthScale depth) {
    return open("train", frames, labelled, withDepth, depth, ClassSet.CITYSCAPES_19, 1);
  }

  private Cityscapes open(
      String split,
      FrameChoice frames,
      FrameChoice labelled,
      FrameChoice withDepth,
      DepthScale depth,
      ClassSet classes,
      int shrink) {
    Cityscapes.Options section =
        new Cityscapes.Options(
            root.toString(), split, frames, labelled, withDepth, depth, shrink, 0, null, false);
    return Cityscapes.open(root, section, Openings.of(classes));
  }

  private static FrameChoice drawn(int count, long seed) {
    return new FrameChoice(count, seed, null, null);
  }

  @Test
  void readsColourLabelsAndMetricDepth() {
    Cityscapes source = open(ClassSet.CITYSCAPES_19);
    assertThat(source.size()).isEqualTo(4);
    assertThat(source.name()).isEqualTo("cityscapes/train");
    Sample sample = source.get(2);
    assertThat(sample.name()).endsWith("leftImg8bit/train/ulm/ulm_000000_000019_leftImg8bit.png");
    assertThat(sample.width()).isEqualTo(WIDTH);
    assertThat(sample.rgb()[3 * 5]).isEqualTo((byte) 0x10);
    assertThat(sample.rgb()[3 * 5 + 2]).isEqualTo((byte) 0x35);
    assertThat(sample.ids(Segmentation.ID)[7]).isEqualTo((byte) 0);
    assertThat(sample.ids(Segmentation.ID)[33]).isEqualTo((byte) 18);
    assertThat(sample.ids(Segmentation.ID)[6] & 0xff).isEqualTo(255);
    assertThat(sample.values(Depth.ID)[0]).isNaN();
    // 2560 is 9.99609375 pixels.
    assertThat(sample.values(Depth.ID)[10])
        .isCloseTo((float) (0.209313 * 2262.52 / 9.99609375), within(1e-4f));
  }

  @Test
  void readsTheSevenCategories() {
    Sample sample = open(ClassSet.CITYSCAPES_7).get(0);
    assertThat(sample.ids(Segmentation.ID)[7]).isEqualTo((byte) 0);
    assertThat(sample.ids(Segmentation.ID)[10]).isEqualTo((byte) 0);
    assertThat(sample.ids(Segmentation.ID)[33]).isEqualTo((byte) 6);
  }

  @Test
  void convertsDisparityAsAnIndependentComputationDoes() throws IOException {
    JsonNode golden =
        new ObjectMapper()
            .readTree(Prerequisites.shared("golden/cityscapes_depth_units.json").toFile());
    JsonNode stored = golden.path("inputs").path("png_value").path("data");
    JsonNode inverse = golden.path("outputs").path("mtan_xtask_target");
    JsonNode metres = golden.path("outputs").path("metric_depth_m(.209313*2262.52)");
    assertThat(stored).hasSize(6);
    for (int i = 0; i < stored.size(); i++) {
      int p = stored.get(i).asInt();
      if (metres.get(i).isNull()) {
        assertThat(Cityscapes.metres(p, 0.209313 * 2262.52)).isNaN();
        // The golden file's 0 is what its masks leave out.
        assertThat(Cityscapes.inverse(p)).isNaN();
      } else {
        // Single precision.
        assertThat((double) Cityscapes.metres(p, 0.209313 * 2262.52))
            .isCloseTo(metres.get(i).asDouble(), within(1e-4));
        assertThat((double) Cityscapes.inverse(p))
            .isCloseTo(inverse.get(i).asDouble(), within(1e-7));
      }
    }
    assertThat((double) Cityscapes.inverse(65535)).isCloseTo(0.4922, within(1e-7));
  }

  @Test
  void inverseDepthNeedsNoCamera() throws IOException {
    Files.delete(file("camera", NAMES.get(0), "json"));
    Cityscapes source = open(null, null, null, DepthScale.INVERSE);
    assertThat(source.get(0).values(Depth.ID)[10]).isCloseTo(2559 / 65536f, within(1e-7f));
    assertThat(open(null, null, null, DepthScale.NONE).get(0).values(Depth.ID)).isNull();
  }

  @Test
  void unlabelledFramesNeedNoLabelFiles() throws IOException {
    FrameChoice two = drawn(2, 5);
    Cityscapes source = open(drawn(3, 5), two, null, DepthScale.METRES);
    assertThat(source.size()).isEqualTo(3);
    Set<String> labelled =
        IntStream.range(0, 3)
            .mapToObj(source::get)
            .filter(sample -> sample.ids(Segmentation.ID) != null)
            .map(Sample::name)
            .collect(Collectors.toSet());
    assertThat(labelled).hasSize(2);
    for (String name : NAMES) {
      if (labelled.stream().noneMatch(each -> each.contains(name))) {
        Files.delete(file("gtFine", name, "png"));
      }
    }
    assertThat(open(drawn(3, 5), two, null, DepthScale.METRES).sha256()).isEqualTo(source.sha256());
  }

  private static FrameChoice half(String part) {
    return new FrameChoice(null, null, null, part);
  }

  @Test
  void halvesAreDisjointData() {
    Cityscapes labels = open(half("1/2"), null, null, DepthScale.NONE);
    Cityscapes depth = open(half("2/2"), drawn(0, 1), null, DepthScale.INVERSE);
    assertThat(List.of(labels.name(), depth.name()))
        .containsExactly("cityscapes/train (part 1/2)", "cityscapes/train (part 2/2)");
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 2; i++) {
      assertThat(names.add(labels.get(i).name())).isTrue();
      assertThat(names.add(depth.get(i).name())).isTrue();
      assertThat(labels.get(i).planes()).containsOnlyKeys(Segmentation.ID);
      assertThat(depth.get(i).planes()).containsOnlyKeys(Depth.ID);
    }
    assertThat(names).hasSize(NAMES.size());
  }

  @Test
  void aListOfFramesIsRead() throws IOException {
    Path list = root.resolve("few.txt");
    Files.writeString(list, "ulm_000003_000019\naachen_000000_000019\n");
    Cityscapes source =
        open(new FrameChoice(null, null, list.toString(), null), null, null, DepthScale.METRES);
    assertThat(source.size()).isEqualTo(2);
    assertThat(source.get(0).name()).contains("aachen_000000");
    Files.writeString(list, "ulm_000009_000019\n");
    assertThatThrownBy(
            () ->
                open(
                    new FrameChoice(null, null, list.toString(), null),
                    null,
                    null,
                    DepthScale.METRES))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("few.txt names frame 'ulm_000009_000019'");
    assertThatThrownBy(() -> open(drawn(5, 1), null, null, DepthScale.METRES))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("has 4 frames, 5 were asked for");
  }

  @Test
  void drawsAreNestedAndDependOnTheSeedAlone() {
    List<String> frames =
        IntStream.range(0, 500).mapToObj(i -> String.format(Locale.ROOT, "%03d", i)).toList();
    List<String> many = drawn(300, 7).of(frames, "frames");
    List<String> few = drawn(200, 7).of(frames, "frames");
    assertThat(many).hasSize(300).isSorted().containsAll(few);
    assertThat(few).hasSize(200).isEqualTo(drawn(200, 7).of(frames, "frames"));
    assertThat(drawn(200, 8).of(frames, "frames")).isNotEqualTo(few);
  }

  @Test
  void shrunkFramesAreKeptWithDepthBeyondARoom() {
    Cityscapes source =
        open("train", null, null, null, DepthScale.METRES, ClassSet.CITYSCAPES_19, 4);
    CachedSource kept = new CachedSource(source, 128, Long.MAX_VALUE);
    kept.fill(() -> {});
    Sample sample = kept.get(1);
    assertThat(sample.width()).isEqualTo(4);
    assertThat(sample.height()).isEqualTo(2);
    assertThat(sample.ids(Segmentation.ID)).isEqualTo(source.get(1).ids(Segmentation.ID));
    // The middle of the first block is pixel (2, 2), number 34.
    assertThat(source.get(1).values(Depth.ID)[0])
        .isCloseTo((float) (0.209313 * 2262.52 / (34 - 1 / 256.0)), within(1e-4f));
    assertThat(sample.values(Depth.ID)[0])
        .isCloseTo(source.get(1).values(Depth.ID)[0], within(0.004f));
  }

  @Test
  void namesAMissingFolderOrFile() throws IOException {
    assertThatThrownBy(() -> open("val", null, null, null, null, ClassSet.CITYSCAPES_19, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("leftImg8bit/val is missing");
    Files.delete(file("disparity", NAMES.get(1), "png"));
    assertThatThrownBy(() -> open(ClassSet.CITYSCAPES_19))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("aachen_000001_000019_disparity.png is missing");
  }

  @Test
  void namesAFileOfAnotherSize() throws IOException {
    picture(file("disparity", NAMES.get(0), "png"), 8, 8, BufferedImage.TYPE_USHORT_GRAY, i -> i);
    Cityscapes source = open(ClassSet.CITYSCAPES_19);
    assertThatThrownBy(() -> source.get(0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("aachen_000000_000019_disparity.png is 8x8, its image is 16x8");
  }

  @Test
  void namesAFileOfTheWrongDepthOfBits() throws IOException {
    picture(file("disparity", NAMES.get(0), "png"), BufferedImage.TYPE_BYTE_GRAY, i -> i);
    picture(file("gtFine", NAMES.get(1), "png"), BufferedImage.TYPE_USHORT_GRAY, i -> 7);
    picture(file("gtFine", NAMES.get(2), "png"), BufferedImage.TYPE_INT_RGB, i -> 7);
    Cityscapes source = open(ClassSet.CITYSCAPES_19);
    assertThatThrownBy(() -> source.get(0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("_disparity.png must have one channel of 16 bits, has 1 of 8");
    assertThatThrownBy(() -> source.get(1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("_labelIds.png must have one channel of 8 bits, has 1 of 16");
    assertThatThrownBy(() -> source.get(2))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("_labelIds.png must have one channel of 8 bits, has 3 of 8");
  }

  @Test
  void namesFilesThatCannotBeRead() throws IOException {
    Files.writeString(file("gtFine", NAMES.get(0), "png"), "no image");
    Files.writeString(file("leftImg8bit", NAMES.get(1), "png"), "no image");
    Files.writeString(file("camera", NAMES.get(2), "json"), "{");
    Files.writeString(file("camera", NAMES.get(3), "json"), "{\"extrinsic\": {}}");
    Cityscapes source = open(ClassSet.CITYSCAPES_19);
    assertThatThrownBy(() -> source.get(0)).hasMessageContaining("_labelIds.png is no readable");
    assertThatThrownBy(() -> source.get(1)).hasMessageContaining("_leftImg8bit.png is no readable");
    assertThatThrownBy(() -> source.get(2)).hasMessageContaining("_camera.json is no JSON");
    assertThatThrownBy(() -> source.get(3))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("_camera.json must have extrinsic.baseline and intrinsic.fx > 0");
  }

  @Test
  void namesTheFileAndPixelOfALabelOutOfRange() throws IOException {
    picture(file("gtFine", NAMES.get(0), "png"), BufferedImage.TYPE_BYTE_GRAY, i -> 34);
    Cityscapes source = open(ClassSet.CITYSCAPES_19);
    assertThatThrownBy(() -> source.get(0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("_labelIds.png: label 34 at pixel (0, 0) is out of range");
  }

  @Test
  void theHashIsOfTheContent() throws IOException {
    String before = open(ClassSet.CITYSCAPES_19).sha256();
    assertThat(open(ClassSet.CITYSCAPES_19).sha256()).isEqualTo(before).hasSize(64);
    assertThat(open(ClassSet.CITYSCAPES_7).sha256()).isNotEqualTo(before);
    picture(file("gtFine", NAMES.get(3), "png"), BufferedImage.TYPE_BYTE_GRAY, i -> 7);
    assertThat(open(ClassSet.CITYSCAPES_19).sha256()).isNotEqualTo(before);
  }
}
