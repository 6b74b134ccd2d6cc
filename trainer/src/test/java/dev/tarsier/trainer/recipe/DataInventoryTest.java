package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tarsier data check} over the six frames that annotation tools labelled. */
class DataInventoryTest {
  @TempDir private Path folder;
  private Path formats;
  private String told;

  @BeforeEach
  void findsTheFrames() throws IOException {
    formats = Prerequisites.shared("formats");
    Files.writeString(
        folder.resolve("depot.yaml"), "name: depot\nnames: [floor, crate, person, shelf]\n");
    Files.writeString(folder.resolve("train.txt"), "frame_0001\nframe_0002\nframe_0004\n");
    Files.writeString(folder.resolve("val.txt"), "frame_0003\nHalle Süd 05\n");
  }

  private boolean check(String training, String validation) throws IOException {
    Path recipe = folder.resolve("recipe.yaml");
    Files.writeString(
        recipe,
        """
        classes: depot.yaml
        student:
          data: [{kind: rgbd, root: %1$s, %2$s}]
          validation: {data: [{kind: rgbd, root: %1$s, %3$s}]}
        """
            .formatted(formats, training, validation));
    return check(recipe);
  }

  private boolean check(Path recipe) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    boolean right =
        DataInventory.run(
            recipe,
            folder.resolve("page.html"),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            false);
    told = out.toString(StandardCharsets.UTF_8);
    return right;
  }

  private String split(String list) {
    return "images: rgb, labels: labels/cvat_mask_1.1/SegmentationClass, depth: depth/png_mm, split: "
        + folder.resolve(list);
  }

  @Test
  void countsTheClassesOfWholeImages() throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("digits.yaml"),
            """
            name: digits
            student:
              network: {kind: lenet, height: 32, width: 32, heads: [digit_class]}
              data: [{kind: rendered_glyphs, glyphs: digits, images: 40}]
              validation:
                score: {digit_class.accuracy: 1}
                data: [{kind: rendered_glyphs, glyphs: digits, first_image: 1000, images: 20}]
            export: {enabled: false}
            """);
    check(recipe);
    assertThat(told)
        .contains(
            "labels: digit_class of 40 of 40 (10 classes, 4 images of each)",
            "labels: digit_class of 20 of 20 (10 classes, 2 images of each)");
  }

  @Test
  void saysHowManyNormalsDepthGives() throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("normals.yaml"),
            """
            name: normals
            student:
              network: {heads: [depth, normals]}
              data: [{kind: rendered, seed: 3, rooms: 1, views: 2}]
              validation: {data: [{kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 1}]}
            """);
    check(recipe);
    assertThat(told)
        .containsPattern("normals: of [1-9][0-9] % of the pixels, in 2 frames looked at");
  }

  @Test
  void countsWhatThereIsAndShowsIt() throws IOException {
    boolean right = check(split("train.txt"), split("val.txt"));
    assertThat(right).as(told).isTrue();
    assertThat(told)
        .contains("3 frames of 160×120", "labels: 2 of 3", "depth: 3 of 3 (", "Nothing is wrong.")
        .containsPattern("crate +[0-9.]+ % in 2 frames");
    String page = Files.readString(folder.resolve("page.html"));
    assertThat(page)
        .contains(
            "data:image/jpeg;base64,", "frame_0004.jpg", "no labels", "depth ", "Halle Süd 05")
        .doesNotContain("Wrong</h2>");
  }

  @Test
  void namesWhatIsTrainedOnAndJudgedBy() throws IOException {
    Files.writeString(folder.resolve("val.txt"), "frame_0002\n");
    assertThat(check(split("train.txt"), split("val.txt"))).isFalse();
    assertThat(told)
        .contains("1 of its 1 images are in training, rgbd/formats")
        .contains("frame_0002.jpg");
    assertThat(check(split("train.txt"), split("train.txt"))).isFalse();
    assertThat(told).contains("it is trained on and judged by; its score would tell nothing");
  }

  @Test
  void namesImagesThatAreThereTwiceAndClassesThatNeverCome() throws IOException {
    Files.createDirectories(folder.resolve("rgb"));
    Files.copy(formats.resolve("rgb/frame_0006.jpg"), folder.resolve("rgb/one.jpg"));
    Files.copy(formats.resolve("rgb/frame_0006.jpg"), folder.resolve("rgb/two.jpg"));
    Files.createDirectories(folder.resolve("labels"));
    Files.copy(
        formats.resolve("labels/cvat_mask_1.1/SegmentationClass/frame_0006.png"),
        folder.resolve("labels/one.png"));
    Files.copy(
        formats.resolve("labels/cvat_mask_1.1/SegmentationClass/frame_0001.png"),
        folder.resolve("labels/three.png"));
    Files.copy(
        formats.resolve("labels/cvat_mask_1.1/labelmap.txt"), folder.resolve("labelmap.txt"));
    assertThat(check("images: %1$s/rgb, labels: %1$s/labels".formatted(folder), split("val.txt")))
        .isFalse();
    assertThat(told)
        .contains("1 images are there more than once, under whatever name: one.jpg = two.jpg")
        .contains("labels of 1 of the 2 frames")
        .contains("match no image and are not used: three")
        .contains("no training pixel is floor");
  }

  @Test
  void namesNeighboursInTime() throws IOException {
    Files.createDirectories(folder.resolve("rgb"));
    Files.copy(
        formats.resolve("rgb/frame_0001.jpg"), folder.resolve("rgb/1403715273262142976.jpg"));
    Files.copy(
        formats.resolve("rgb/frame_0002.jpg"), folder.resolve("rgb/1403715273662142976.jpg"));
    Files.writeString(folder.resolve("train.txt"), "1403715273262142976\n");
    Files.writeString(folder.resolve("val.txt"), "1403715273662142976\n");
    String keys = "images: %s/rgb, split: ".formatted(folder);
    assertThat(check(keys + folder.resolve("train.txt"), keys + folder.resolve("val.txt")))
        .isFalse();
    assertThat(told).contains("less than a second from one of", "the nearest 0.40 s");
  }

  @Test
  void goesOnWhereADataSetCannotBeRead() throws IOException {
    assertThat(
            check(
                split("train.txt"),
                "images: bad/cvat_mask_unknown_colour/JPEGImages, labels: bad/cvat_mask_unknown_colour/SegmentationClass"))
        .isFalse();
    assertThat(told)
        .contains("labels: 2 of 3")
        .contains("validation: ")
        .contains("2331 pixels of colour (80, 191, 0)");
  }
}
