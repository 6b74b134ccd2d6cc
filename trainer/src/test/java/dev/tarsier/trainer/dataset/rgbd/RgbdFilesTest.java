package dev.tarsier.trainer.dataset.rgbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.DataSetOpening;
import dev.tarsier.trainer.dataset.RgbdSample;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ClassSet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders as annotation tools and cameras leave them, whole and damaged. */
class RgbdFilesTest {
  private static final ClassSet CLASSES =
      new ClassSet(
          "depot",
          List.of("shelf", "person", "floor", "crate"),
          List.of(1, 2, 3, 4),
          "labels",
          "depot",
          null);

  @TempDir private Path folder;

  static SampleSource open(String yaml) {
    DataSet section = StrictYaml.parse("kind: rgbd\n" + yaml, "recipe.yaml", DataSet.class);
    return section
        .open(
            new DataSetOpening(
                new PathResolver(Path.of("recipe.yaml"), Map.of()), CLASSES, 1, 1, message -> {}))
        .orElseThrow();
  }

  private static Path formats() {
    return Prerequisites.shared("formats");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          labels/cvat_mask_1.1         | preset: cvat    | masks with labelmap.txt
          labels/voc                   | preset: voc     | masks with labelmap.txt
          labels/voc_palette           | preset: voc     | masks with class_names.txt
          labels/coco_cvat_overlapping | preset: coco    | COCO JSON
          labels/coco_rle_compressed   | {preset: coco, split: train} | COCO JSON
          labels/labelme_json          | preset: labelme | LabelMe JSON
          labels/labelme_xml_cvat      | {images: default, labels: "default/*.xml"} | LabelMe XML
          labels/camvid                | preset: camvid  | masks with label_colors.txt
          """)
  void readsFoldersOfAnnotationToolsByTheirName(String set, String keys, String format) {
    String rest =
        keys.startsWith("{") ? keys.substring(1, keys.length() - 1).replace(", ", "\n") : keys;
    SampleSource source = open("root: %s\n%s".formatted(formats().resolve(set), rest));

    int frames = set.endsWith("voc_palette") ? 5 : 6; // labelme2voc leaves out what has no label
    assertThat(source.size()).isEqualTo(frames);
    assertThat(source.remarks())
        .contains("5 of %d frames have labels (%s)".formatted(frames, format));
    for (int i = 0; i < source.size(); i++) {
      Sample sample = source.get(i);
      assertThat(sample.width()).isEqualTo(160);
      if (sample.name().contains("0004")) {
        assertThat(RgbdSample.labels(sample)).as("never labelled").isNull();
      } else {
        assertThat(agreement(sample)).as(sample.name()).isGreaterThan(0.98);
      }
    }
  }

  private static double agreement(Sample sample) {
    String stem = sample.name().replaceFirst(".*/", "").replaceFirst("\\.\\w+$", "");
    Path file = formats().resolve("truth").resolve(stem + ".png");
    byte[] truth = DataFile.plane(file, DataFile.bytes(file)).values();
    List<String> names = List.of("", "floor", "crate", "person", "shelf");
    byte[] ids = RgbdSample.labels(sample);
    long same =
        IntStream.range(0, ids.length)
            .filter(
                i -> (ids[i] == -1 ? "" : CLASSES.names().get(ids[i])).equals(names.get(truth[i])))
            .count();
    return same / (double) ids.length;
  }

  @Test
  void mixesImagesLabelsOfSomeAndDepthOfOthers() {
    SampleSource source =
        open(
            """
            root: %s
            images: rgb/*.jpg
            labels: labels/coco_rle_uncompressed/annotations/instances_train.json
            labelled: {count: 2}
            depth: depth/tiff_f32/*.tiff
            camera: {width: 320, height: 240, fx: 300}
            """
                .formatted(formats()));
    List<Sample> samples = IntStream.range(0, source.size()).mapToObj(source::get).toList();
    assertThat(samples).hasSize(6);
    assertThat(samples.stream().filter(each -> RgbdSample.labels(each) != null).count())
        .isBetween(1L, 2L);
    assertThat(samples.stream().filter(each -> RgbdSample.depth(each) != null).map(Sample::name))
        .allMatch(name -> name.contains("0003") || name.contains("Halle"))
        .hasSize(2);
    assertThat(samples.get(0).camera().fx()).isEqualTo(150);
    assertThat(samples.get(0).camera().cx()).isEqualTo(79.5);
    assertThat(source.sha256()).hasSize(64);
  }

  /** What is wrong in each folder, and what a user reads. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cvat_mask_unknown_colour  | preset: cvat | SegmentationClass/frame_0001.png has 2331 pixels of colour (80, 191, 0) | the nearest is shelf (80, 192, 0)
          cvat_mask_other_size      | preset: cvat | SegmentationClass/frame_0001.png is 80x60 | its image is 160x120
          voc_listed_but_missing    | preset: voc  | ImageSets/Segmentation/train.txt names 1 frames that have no image | frame_0099
          coco_truncated            | preset: coco | instances_train.json is no whole JSON | line 1
          coco_rle_other_size       | preset: coco | instances_train.json: annotation | [60,80]
          coco_unknown_category     | preset: coco | instances_train.json: 1 annotation is of category 99 | frame_0001.jpg
          coco_degenerate_polygons  | preset: coco | of frame_0001.jpg: a polygon has 2 corners | instances_default.json
          coco_duplicate_names      | preset: coco | instances_train.json names frame_0001.jpg more than once | different ids
          labelme_class_not_in_list | preset: labelme | 'Shelf ' (1 shape in frame_0001.json; did you mean 'shelf'? | merges
          labelme_other_size        | preset: labelme | frame_0003.json is 320x240 | its image is 160x120
          labelme_truncated         | preset: labelme | frame_0003.json is no whole JSON | line
          camvid_unknown_colour     | preset: camvid | defaultannot/frame_0001.png has | none of
          camvid_no_colours         | preset: camvid | label_colors.txt must have a line 'R G B name' | ' person'
          depth_other_size          | preset: frames | frame_0003.png is 80x60 | its image is 160x120
          depth_8bit                | preset: frames | frame_0001.png | 8 bits
          depth_transposed_npy      | preset: frames | frame_0001.npy is 120x160 | rows and columns are exchanged
          depth_tiff_truncated      | preset: frames | frame_0001.tif |
          depth_all_holes           | preset: frames | frame_0001.png: none of the 1 depth files has a known pixel |
          """)
  void namesFileAndFault(String set, String preset, String first, String second) {
    assertThatThrownBy(
            () -> open("root: %s\n%s".formatted(formats().resolve("bad/" + set), preset)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(first)
        .hasMessageContaining(second == null ? "" : second)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void saysWhatLooksWrongAndMayBeRight() {
    assertThat(
            open("root: %s\npreset: frames".formatted(formats().resolve("bad/depth_mixed_scales")))
                .remarks())
        .anyMatch(
            each ->
                each.contains("1 of 3 depth files look as if they were of another scale")
                    && each.contains("frame_0003.png"));
  }

  @Test
  void cutsOffWhatLiesBeyondTheImage() {
    SampleSource source =
        open(
            "root: %s\npreset: coco"
                .formatted(formats().resolve("bad/coco_polygon_partly_outside")));
    assertThat(source.remarks())
        .anyMatch(
            each ->
                each.contains("instances_default.json: 1 shapes reach beyond their image")
                    && each.contains("frame_0001.jpg"));
    for (int i = 0; i < source.size(); i++) {
      assertThat(agreement(source.get(i))).isGreaterThan(0.98);
    }
  }

  @Test
  void turnsAPhotoAsTheToolShowedIt() {
    SampleSource source =
        open(
            "root: %s\npreset: cvat"
                .formatted(formats().resolve("bad/cvat_mask_exif_orientation")));
    assertThat(source.get(0).width()).isEqualTo(160);
    assertThat(agreement(source.get(0))).isEqualTo(1);
    assertThat(source.remarks()).anyMatch(each -> each.startsWith("1 of 1 images are turned"));
  }

  @Test
  void saysThatNoNameMatches() throws IOException {
    Path root = formats();
    Files.createDirectories(folder.resolve("depth"));
    Files.copy(root.resolve("depth/png_mm/frame_0001.png"), folder.resolve("depth/left_1.png"));
    assertThatThrownBy(
            () ->
                open(
                    "root: %s\nimages: rgb/*.jpg\ndepth: %s/*.png"
                        .formatted(root, folder.resolve("depth"))))
        .hasMessageContaining("depth: none of the 1 frames")
        .hasMessageContaining("they are called left_1, the images Halle Süd 05, frame_0001");
  }

  @Test
  void matchesTumsListsByTime() throws IOException {
    Path rgb = formats().resolve("rgb/frame_0001.jpg");
    Path depth = formats().resolve("depth/png_tum_5000/frame_0001.png");
    Files.createDirectories(folder.resolve("rgb"));
    Files.createDirectories(folder.resolve("depth"));
    StringBuilder images = new StringBuilder("# color images\n");
    StringBuilder depths = new StringBuilder("# depth maps\n");
    for (int i = 0; i < 3; i++) {
      Files.copy(rgb, folder.resolve("rgb/130503110%d.175304.jpg".formatted(i)));
      images.append("130503110%d.175304 rgb/130503110%1$d.175304.jpg\n".formatted(i));
      if (i < 2) {
        Files.copy(depth, folder.resolve("depth/130503110%d.160407.png".formatted(i)));
        depths.append("130503110%d.160407 depth/130503110%1$d.160407.png\n".formatted(i));
      }
    }
    Files.writeString(folder.resolve("rgb.txt"), images);
    Files.writeString(folder.resolve("depth.txt"), depths);
    SampleSource source = open("root: %s\npreset: tum".formatted(folder));
    assertThat(source.size()).isEqualTo(3);
    assertThat(RgbdSample.depth(source.get(1))).isNotNull();
    assertThat(RgbdSample.depth(source.get(2))).isNull();
    assertThatThrownBy(() -> open("root: %s\npreset: tum\ntolerance: 0.01".formatted(folder)))
        .hasMessageContaining("none of the 2 frames of depth")
        .hasMessageContaining("within 0.01 s");
  }

  /** A section of depth says what differs from the preset, and no more. */
  @Test
  void thePresetsUnitHoldsBesideOtherRules() throws IOException {
    Files.createDirectories(folder.resolve("depth"));
    Files.createDirectories(folder.resolve("rgb"));
    Files.copy(formats().resolve("rgb/frame_0001.jpg"), folder.resolve("rgb/1.jpg"));
    Files.copy(
        formats().resolve("depth/png_tum_5000/frame_0001.png"), folder.resolve("depth/1.png"));
    Files.writeString(folder.resolve("associations.txt"), "1 rgb/1.jpg 1 depth/1.png\n");
    float[] whole = RgbdSample.depth(open("root: %s\npreset: tum".formatted(folder)).get(0));
    float[] ruled =
        RgbdSample.depth(
            open("root: %s\npreset: tum\ndepth_as: {unknown: 65535}".formatted(folder)).get(0));
    assertThat(ruled).containsExactly(whole);
  }

  /** ScanNet's scenes in one folder each; labels are found in each of them. */
  @Test
  void scannetsScenesHaveTheirLabels() throws IOException {
    for (String part : List.of("color", "depth", "label")) {
      Files.createDirectories(folder.resolve("scene0000_00").resolve(part));
    }
    Files.copy(formats().resolve("rgb/frame_0001.jpg"), folder.resolve("scene0000_00/color/0.jpg"));
    Files.copy(
        formats().resolve("depth/png_mm/frame_0001.png"),
        folder.resolve("scene0000_00/depth/0.png"));
    ImageIO.write(
        new BufferedImage(160, 120, BufferedImage.TYPE_BYTE_GRAY),
        "png",
        folder.resolve("scene0000_00/label/0.png").toFile());
    SampleSource source = open("root: %s\npreset: scannet".formatted(folder));
    assertThat(source.size()).isEqualTo(1);
    assertThat(source.remarks()).anyMatch(each -> each.startsWith("1 of 1 frames have labels"));
  }

  @Test
  void aPresetWithoutItsLabelsSaysWhereItLooked() throws IOException {
    Files.createDirectories(folder.resolve("color"));
    Files.copy(formats().resolve("rgb/frame_0001.jpg"), folder.resolve("color/0.jpg"));
    Files.createDirectories(folder.resolve("depth"));
    Files.copy(formats().resolve("depth/png_mm/frame_0001.png"), folder.resolve("depth/0.png"));
    assertThat(open("root: %s\npreset: scannet".formatted(folder)).remarks())
        .anyMatch(each -> each.contains("no labels: preset scannet looks for them in label-filt"));
  }

  /** Images of all splits in one folder, and a file of annotations for each. */
  @Test
  void cocosAnnotationsAreOfTheirSplit() throws IOException {
    Files.createDirectories(folder.resolve("images"));
    Files.createDirectories(folder.resolve("annotations"));
    for (String name : List.of("a", "b", "c")) {
      Files.copy(
          formats().resolve("rgb/frame_0001.jpg"), folder.resolve("images/%s.jpg".formatted(name)));
    }
    String json =
        "{\"images\": [{\"id\": 1, \"file_name\": \"%s.jpg\"}, {\"id\": 2, \"file_name\": \"%s.jpg\"}], \"categories\": [{\"id\": 1, \"name\": \"floor\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"segmentation\": [[0, 0, 9, 0, 9, 9]]}]}";
    Files.writeString(folder.resolve("annotations/instances_train.json"), json.formatted("a", "b"));
    assertThat(open("root: %s\npreset: coco\nsplit: train".formatted(folder)).size()).isEqualTo(2);
    SampleSource val = open("root: %s\npreset: coco\nsplit: val".formatted(folder));
    assertThat(val.remarks()).anyMatch(each -> each.contains("no labels: preset coco"));
  }

  /** CVAT's lists do not quote names with spaces, whether they have folders or not. */
  @Test
  void listsMayHaveNamesWithFoldersAndSpaces() throws IOException {
    Path images = Files.createDirectories(folder.resolve("JPEGImages/hall"));
    Files.copy(formats().resolve("rgb/frame_0001.jpg"), images.resolve("Halle Süd 05.jpg"));
    Files.copy(formats().resolve("rgb/frame_0001.jpg"), images.resolve("06.jpg"));
    Path lists = Files.createDirectories(folder.resolve("ImageSets/Segmentation"));
    Files.writeString(lists.resolve("default.txt"), "hall/Halle Süd 05\n");
    assertThat(open("root: %s\npreset: cvat".formatted(folder)).size()).isEqualTo(1);
    Files.writeString(
        folder.resolve("list.txt"), "JPEGImages/hall/Halle Süd 05.jpg\nJPEGImages/hall/06.jpg\n");
    assertThat(open("root: %s\nimages: list.txt".formatted(folder)).size()).isEqualTo(2);
  }

  /** Calibrations as OpenCV, rostopic and Kalibr write them. */
  @ParameterizedTest
  @CsvSource({
    "'%YAML:1.0\n---\nimage_width: 640\nimage_height: 480\ncamera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n   data: [ 500., 0., 320., 0., 510., 240., 0., 0., 1. ]\n'",
    "'header: {seq: 1}\nheight: 480\nwidth: 640\ndistortion_model: plumb_bob\nD: [0.0]\nK: [500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0]\n---\n'",
    "'cam0:\n  camera_model: pinhole\n  intrinsics: [500.0, 510.0, 320.0, 240.0]\n  resolution: [640, 480]\n'"
  })
  void readsCalibrationsOfOthers(String text) throws IOException {
    Path file = folder.resolve("camera.yaml");
    Files.writeString(file, text.replace("\\n", "\n"));
    CameraSection.Numbers camera =
        new CameraSection(file.toString(), null).read(java.util.Optional.of(file));
    assertThat(List.of(camera.fx(), camera.fy(), camera.cx(), camera.cy(), camera.width()))
        .containsExactly(500.0, 510.0, 320.0, 240.0, 640.0);
  }

  /** ICL-NUIM's lists of associations have depth first. */
  @Test
  void associationsMayHaveDepthFirst() throws IOException {
    Files.createDirectories(folder.resolve("rgb"));
    Files.createDirectories(folder.resolve("depth"));
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < 2; i++) {
      Files.copy(
          formats().resolve("rgb/frame_0001.jpg"), folder.resolve("rgb/%d.jpg".formatted(i)));
      Files.copy(
          formats().resolve("depth/png_tum_5000/frame_0001.png"),
          folder.resolve("depth/%d.png".formatted(i)));
      pairs.append("%d depth/%1$d.png %1$d rgb/%1$d.jpg\n".formatted(i));
    }
    Files.writeString(folder.resolve("associations.txt"), pairs);
    SampleSource source = open("root: %s\npreset: tum".formatted(folder));
    assertThat(source.size()).isEqualTo(2);
    assertThat(source.get(1).name()).endsWith("rgb/1.jpg");
    assertThat(RgbdSample.depth(source.get(1))).isNotNull();
  }

  /** As browsers call second downloads; a comma is no alternative outside of braces. */
  @Test
  void aNameThatLooksLikeAPatternIsAName() throws IOException {
    Path images = Files.createDirectories(folder.resolve("Photos (2)/rgb"));
    Files.copy(formats().resolve("rgb/frame_0001.jpg"), images.resolve("a, b.jpg"));
    Path depth = Files.createDirectories(folder.resolve("[final]"));
    Files.copy(formats().resolve("depth/png_mm/frame_0001.png"), depth.resolve("a, b.png"));
    SampleSource source =
        open(
            """
            root: %s
            images: Photos (2)/rgb
            depth: "[final]"
            depth_as: {unit: mm}
            """
                .formatted(folder));
    assertThat(source.size()).isEqualTo(1);
    assertThat(RgbdSample.depth(source.get(0))).isNotNull();
    Files.copy(images.resolve("a, b.jpg"), images.resolve("c.jpg"));
    assertThat(open("root: %s\nimages: \"a, *.jpg\"".formatted(images)).size()).isEqualTo(1);
  }

  @Test
  void aFoldersNameCanBeTheFrames() throws IOException {
    for (String scene : List.of("kv1/a", "kv2/b")) {
      Path at = folder.resolve(scene);
      Files.createDirectories(at.resolve("image"));
      Files.createDirectories(at.resolve("depth_bfx"));
      Files.copy(formats().resolve("rgb/frame_0001.jpg"), at.resolve("image/0001.JPG"));
      Files.copy(formats().resolve("depth/png_mm/frame_0001.png"), at.resolve("depth_bfx/9.png"));
    }
    SampleSource source =
        open("root: %s\npreset: sun_rgbd\ndepth_as: {unit: mm}".formatted(folder));
    assertThat(source.size()).isEqualTo(2);
    assertThat(RgbdSample.depth(source.get(1))).isNotNull();
  }

  @Test
  void readsExportedFramesWithTheirCameraAndSplits() throws IOException {
    Files.createDirectories(folder.resolve("rgb"));
    Files.createDirectories(folder.resolve("depth"));
    Files.createDirectories(folder.resolve("splits"));
    for (int i = 1; i <= 2; i++) {
      String stamp = "140371527326214297" + i;
      Files.copy(
          formats().resolve("rgb/frame_000%d.jpg".formatted(i)),
          folder.resolve("rgb/" + stamp + ".jpg"));
      Files.copy(
          formats().resolve("depth/png_mm/frame_000%d.png".formatted(i)),
          folder.resolve("depth/" + stamp + ".png"));
    }
    Files.writeString(folder.resolve("splits/val.txt"), "1403715273262142972\n");
    Files.writeString(
        folder.resolve("camera.yaml"),
        """
        image_width: 160
        image_height: 120
        camera_name: head
        camera_matrix: {rows: 3, cols: 3, data: [150.5, 0, 80, 0, 151.5, 60, 0, 0, 1]}
        distortion_model: plumb_bob
        distortion_coefficients: {rows: 1, cols: 5, data: [0, 0, 0, 0, 0]}
        """);
    String yaml = "kind: rgbd\nroot: %s\npreset: frames\nsplit: val".formatted(folder);
    SampleSource source = open(yaml.replace("kind: rgbd\n", ""));
    assertThat(source.size()).isEqualTo(1);
    assertThat(source.get(0).camera().fy()).isEqualTo(151.5);
    assertThat(
            StrictYaml.parse(yaml, "recipe.yaml", DataSet.class)
                .camera(new PathResolver(Path.of("recipe.yaml"), Map.of()), 320, 240)
                .orElseThrow()
                .fx())
        .isEqualTo(301);
    assertThatThrownBy(() -> open("root: %s\npreset: frames\nsplit: tain".formatted(folder)))
        .hasMessageContaining("split tain: there is no such list")
        .hasMessageContaining("splits/tain.txt); there are val");
  }
}
