package dev.tarsier.trainer.dataset.label;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.task.ClassSet;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tools whose files are not among the samples: by hand, from their published formats. */
class LabelToolsTest {
  @TempDir private Path folder;

  private Labels open(String name, String content) throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    return LabelFiles.open(
        List.of(new NamedFile(name.replaceFirst("\\..*", ""), file)),
        name,
        null,
        LabelFilesTest.CLASSES);
  }

  /** A letter for each class (s, p, f, c), a dot for none. */
  private static String picture(byte[] ids, int width) {
    return IntStream.range(0, ids.length / width)
        .mapToObj(
            y ->
                IntStream.range(0, width)
                    .mapToObj(
                        x ->
                            ids[y * width + x] == -1
                                ? "."
                                : "spfc".substring(ids[y * width + x], ids[y * width + x] + 1))
                    .collect(Collectors.joining()))
        .collect(Collectors.joining("\n"));
  }

  @Test
  void readsCvatsXmlForImages() throws IOException {
    Labels labels =
        open(
            "annotations.xml",
            """
            <?xml version="1.0" encoding="utf-8"?>
            <annotations>
              <version>1.1</version>
              <meta><task><labels><label><name>crate</name><color>#ff00ff</color></label></labels></task></meta>
              <image id="0" name="a/one.jpg" width="8" height="4">
                <polygon label="floor" source="manual" occluded="0" points="0.00,2.00;8.00,2.00;8.00,4.00;0.00,4.00" z_order="0">
                </polygon>
                <box label="crate" source="manual" occluded="0" xtl="1.00" ytl="1.00" xbr="3.00" ybr="3.00" z_order="2">
                  <attribute name="full">true</attribute>
                </box>
                <mask label="person" source="manual" occluded="0" rle="1, 1, 1, 3" left="5" top="0" width="3" height="2" z_order="0"></mask>
                <box label="shelf" occluded="0" xtl="0.0" ytl="0.0" xbr="2.0" ybr="2.0" z_order="1"/>
                <polyline label="shelf" points="0,0;8,4" z_order="9"/>
              </image>
              <image id="1" name="two.jpg" width="8" height="4"></image>
            </annotations>
            """);
    assertThat(labels.format()).isEqualTo("CVAT XML");
    assertThat(labels.frames()).containsExactly("a/one.jpg");
    assertThat(picture(labels.read(0, 8, 4), 8))
        .isEqualTo("ss....p.\nscc..ppp\nfccfffff\nffffffff");
    assertThat(labels.remarks())
        .singleElement()
        .asString()
        .contains("1 of the shapes are polyline");
    assertThatThrownBy(() -> labels.read(0, 8, 5))
        .hasMessageContaining("annotations.xml: a/one.jpg is 8x4, its image is 8x5");
  }

  @Test
  void turnsCvatsBoxesAboutTheirMiddleAndFillsEllipses() throws IOException {
    Labels labels =
        open(
            "annotations.xml",
            """
            <annotations><image id="0" name="one.jpg" width="8" height="8">
              <box label="crate" xtl="1" ytl="3" xbr="7" ybr="5" rotation="90.00" z_order="0"/>
              <ellipse label="person" cx="4" cy="4" rx="1.2" ry="1.2" rotation="0" z_order="1"/>
            </image></annotations>
            """);
    assertThat(picture(labels.read(0, 8, 8), 8))
        .isEqualTo(
            "........\n...cc...\n...cc...\n...pp...\n...pp...\n...cc...\n...cc...\n........");
  }

  @Test
  void refusesCvatsXmlThatSaysNoPixels() throws IOException {
    assertThatThrownBy(
            () -> open("video.xml", "<annotations><track id=\"0\" label=\"crate\"/></annotations>"))
        .hasMessageContaining("video.xml is CVAT's XML for videos");
    assertThatThrownBy(
            () ->
                open(
                        "mask.xml",
                        """
                    <annotations><image id="0" name="one.jpg" width="8" height="4">
                      <mask label="crate" rle="1, 9" left="0" top="0" width="3" height="2" z_order="0"/>
                    </image></annotations>
                    """)
                    .read(0, 8, 4))
        .hasMessageContaining("mask 'crate' of one.jpg")
        .hasMessageContaining("run 1 of a mask is 9 long, after 1 of 6 pixels");
    assertThatThrownBy(() -> open("cut.xml", "<annotations><image id=\"0\" name=\"o"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("cut.xml is no whole XML")
        .hasMessageContaining("line 1");
    assertThatThrownBy(
            () ->
                open(
                    "entity.xml",
                    "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><annotations>&x;</annotations>"))
        .isInstanceOf(DataException.class);
  }

  /** Bits of Label Studio's brush, packed by hand: runs of a word, or words one by one. */
  private static String brush(int pixels, int first, int last) {
    StringBuilder bits = new StringBuilder();
    bits.append(binary(4 * pixels, 32)).append(binary(7, 5));
    for (int length : new int[] {2, 3, 7, 15}) {
      bits.append(binary(length, 4));
    }
    for (int i = 0; i < pixels; i++) {
      boolean covered = i >= first && i <= last;
      if (i % 2 == 0) { // four equal words
        bits.append('1').append("01").append(binary(3, 4)).append(binary(covered ? 255 : 0, 8));
      } else { // four words in a row
        bits.append('0').append("00").append(binary(3, 3));
        bits.append(binary(7, 8)).append(binary(8, 8)).append(binary(9, 8));
        bits.append(binary(covered ? 255 : 0, 8));
      }
    }
    while (bits.length() % 8 != 0) {
      bits.append('0');
    }
    return IntStream.range(0, bits.length() / 8)
        .mapToObj(i -> Integer.toString(Integer.parseInt(bits.substring(8 * i, 8 * i + 8), 2)))
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static String binary(int value, int bits) {
    return "%32s".formatted(Integer.toBinaryString(value)).replace(' ', '0').substring(32 - bits);
  }

  @Test
  void readsLabelStudiosJson() throws IOException {
    String region =
        "\"original_width\": 8, \"original_height\": 4, \"image_rotation\": 0, \"from_name\": \"t\"";
    String result =
        """
        [{"id": "a", "type": "polygonlabels", %1$s, "value": {"points": [[0, 50], [100, 50], [100, 100], [0, 100]], "closed": true, "polygonlabels": ["floor"]}},
         {"id": "b", "type": "rectanglelabels", %1$s, "value": {"x": 12.5, "y": 25, "width": 25, "height": 50, "rotation": 0, "rectanglelabels": ["crate"]}},
         {"id": "c", "type": "brushlabels", %1$s, "value": {"format": "rle", "rle": %2$s, "brushlabels": ["person"]}},
         {"id": "k", "type": "keypointlabels", %1$s, "value": {"x": 1, "y": 1, "width": 0.5, "keypointlabels": ["shelf"]}},
         {"type": "choices", "value": {"choices": ["good"]}}]
        """
            .formatted(region, brush(32, 6, 7));
    String json =
        """
        [{"id": 1, "data": {"image": "/data/upload/3/1a2b3c4d-Halle_1.jpg"},
          "annotations": [
            {"id": 7, "was_cancelled": false, "result": []},
            {"id": 8, "was_cancelled": false, "result": %s},
            {"id": 9, "was_cancelled": true, "result": []}],
          "predictions": [{"result": [{"type": "brushlabels", "value": {"brushlabels": ["nobody"]}}]}]},
         {"id": 2, "data": {"image": "two.jpg"}, "annotations": []}]
        """
            .formatted(result);
    Labels labels = open("project.json", json);
    assertThat(labels.format()).isEqualTo("Label Studio JSON");
    assertThat(labels.frames()).containsExactly("1a2b3c4d-Halle_1.jpg");
    assertThat(picture(labels.read(0, 8, 4), 8))
        .isEqualTo("......pp\n.cc.....\nfccfffff\nffffffff");
    assertThat(String.join("\n", labels.remarks()))
        .contains("1 labelled regions are of type keypoint", "1 tasks have several annotations");

    String min =
        """
        [{"image": "/data/local-files/?d=site%%20a/Halle%%201.jpg", "id": 1, "annotator": 1,
          "t": %s}]
        """
            .formatted(
                result.replace("\"value\": {", "").replace("]}},", "]},").replace("]}}]", "]}]"));
    Labels flat = open("min.json", min);
    assertThat(flat.frames()).containsExactly("site a/Halle 1.jpg");
    assertThat(flat.read(0, 8, 4)).isEqualTo(labels.read(0, 8, 4));
  }

  private Labels masks(Map<String, BufferedImage> images, ClassSet classes) throws IOException {
    List<NamedFile> files = new ArrayList<>();
    for (Map.Entry<String, BufferedImage> each : images.entrySet()) {
      Path file = folder.resolve(each.getKey());
      ImageIO.write(each.getValue(), "png", file.toFile());
      files.add(new NamedFile(each.getKey().replaceFirst("\\..*", ""), file));
    }
    return LabelFiles.open(files, "masks", null, classes);
  }

  private static BufferedImage gray(int... values) {
    BufferedImage image = new BufferedImage(values.length, 1, BufferedImage.TYPE_BYTE_GRAY);
    for (int x = 0; x < values.length; x++) {
      image.getRaster().setSample(x, 0, 0, values[x]);
    }
    return image;
  }

  /** Cityscapes has two numberings; the files' names tell which. */
  @Test
  void cityscapesTrainIdsAreTheClassesOwn() throws IOException {
    ClassSet cityscapes = ClassSet.of("cityscapes19");
    Labels train = masks(Map.of("a_gtFine_labelTrainIds.png", gray(0, 7, 255)), cityscapes);
    assertThat(train.read(0, 3, 1)).containsExactly(0, 7, -1);
    Labels whole = masks(Map.of("a_gtFine_labelIds.png", gray(7, 20, 0)), cityscapes);
    assertThat(whole.read(0, 3, 1)).containsExactly(0, 7, -1);
  }

  /** A program that saves colours with a palette numbers them as they come. */
  @Test
  void aPaletteInTheClassesColoursIsReadByColour() throws IOException {
    int[] colors = {
      0, LabelFilesTest.CLASSES.colors().get(3), LabelFilesTest.CLASSES.colors().get(2)
    };
    byte[][] rgb = new byte[3][3];
    for (int i = 0; i < 3; i++) {
      rgb[0][i] = (byte) (colors[i] >> 16);
      rgb[1][i] = (byte) (colors[i] >> 8);
      rgb[2][i] = (byte) colors[i];
    }
    BufferedImage image =
        new BufferedImage(
            3,
            1,
            BufferedImage.TYPE_BYTE_INDEXED,
            new IndexColorModel(8, 3, rgb[0], rgb[1], rgb[2]));
    for (int x = 0; x < 3; x++) {
      image.getRaster().setSample(x, 0, 0, x);
    }
    assertThat(masks(Map.of("one.png", image), LabelFilesTest.CLASSES).read(0, 3, 1))
        .containsExactly(-1, 3, 2);
  }

  @Test
  void masksOfOneThingAreToldOf() throws IOException {
    Labels labels = masks(Map.of("one.png", gray(0, 255)), LabelFilesTest.CLASSES);
    labels.read(0, 2, 1);
    assertThat(labels.remarks())
        .singleElement()
        .asString()
        .contains("0 and 255 alone", "0 is 'shelf'", "merges: {255: CLASS}");
  }

  /** Colours of a map that are greys, in a file of one channel. */
  @Test
  void greysOfALabelMapAreItsColours() throws IOException {
    Files.writeString(
        folder.resolve("labelmap.txt"),
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nfloor:255,255,255::\ncrate:128,128,128::\n");
    assertThat(masks(Map.of("one.png", gray(0, 128, 255)), LabelFilesTest.CLASSES).read(0, 3, 1))
        .containsExactly(-1, 3, 2);
  }

  /** What no shape covers is what the classes say the background is. */
  @Test
  void backgroundMayBeMergedIntoAClass() throws IOException {
    ClassSet classes =
        StrictYaml.parse(
            "{name: depot, classes: [{name: other, merges: [background]}, {name: floor}]}",
            "classes.yaml",
            ClassSet.class);
    Path file =
        Files.writeString(
            folder.resolve("merged.json"),
            "{\"shapes\": [{\"label\": \"floor\", \"points\": [[0, 0], [1, 0], [1, 1], [0, 1]], \"shape_type\": \"polygon\"}]}");
    Labels labels =
        LabelFiles.open(List.of(new NamedFile("merged", file)), "merged.json", null, classes);
    assertThat(labels.read(0, 2, 1)).containsExactly(1, 0);
  }

  /** A region may have its class as a choice, and a mask as a picture. */
  @Test
  void readsLabelStudiosChoicesAndBitmasks() throws IOException {
    String json =
        """
        [{"id": 1, "data": {"image": "one.jpg"}, "annotations": [{"id": 8, "result": [
          {"id": "a", "type": "polygon", "value": {"points": [[0, 50], [100, 50], [100, 100], [0, 100]]}},
          {"id": "a", "type": "choices", "value": {"choices": ["floor"]}},
          {"id": "b", "type": "bitmasklabels", "value": {"imageDataURL": "data:image/png;base64,%s", "bitmasklabels": ["person"]}}%s]}]}]
        """;
    BufferedImage mask = new BufferedImage(8, 4, BufferedImage.TYPE_INT_ARGB);
    mask.setRGB(2, 1, 0xFF123456);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(mask, "png", png);
    String base64 = Base64.getEncoder().encodeToString(png.toByteArray());
    Labels labels = open("choices.json", json.formatted(base64, ""));
    assertThat(picture(labels.read(0, 8, 4), 8))
        .isEqualTo("........\n..p.....\nffffffff\nffffffff");
    String without =
        ", {\"id\": \"c\", \"type\": \"rectangle\", \"value\": {\"x\": 1, \"y\": 1, \"width\": 9, \"height\": 9}}";
    assertThatThrownBy(() -> open("bare.json", json.formatted(base64, without)))
        .hasMessageContaining("bare.json: 1 regions that cover pixels have no label")
        .hasMessageContaining("one.jpg");
  }

  /** Names for no class, as tools write them, in letters of either case. */
  @Test
  void knowsNamesForNoClassInEitherCase() {
    for (String name : List.of("Background", "_BACKGROUND_", "Void", "__ignore__", "unlabeled")) {
      assertThat(LabelNames.isNoClass(name)).as(name).isTrue();
    }
    assertThat(LabelNames.isNoClass("voids")).isFalse();
  }

  @Test
  void labelMesWithoutAnAreaAreToldOf() {
    assertThatThrownBy(
            () ->
                open(
                    "points.json",
                    "{\"shapes\": [{\"label\": \"floor\", \"points\": [[1, 1]], \"shape_type\": \"point\"}]}"))
        .hasMessageContaining("has no LabelMe shape that covers pixels, in 1 files")
        .hasMessageContaining("1 LabelMe shapes of type point");
  }

  /** A mask that was dragged has fractions for corners; its picture says how large it is. */
  @ParameterizedTest
  @CsvSource({"2, 1, 3, 2", "1.6, 0.7, 2.6, 1.7", "2.0000001, 1, 2.9999999, 2", "2, 1, 4, 3"})
  void labelMesMasksBeginAtTheirRoundedCorner(double x1, double y1, double x2, double y2)
      throws IOException {
    BufferedImage mask = new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_GRAY);
    mask.getRaster().setSample(0, 0, 0, 1);
    mask.getRaster().setSample(1, 1, 0, 1);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(mask, "png", png);
    Labels labels =
        open(
            "mask.json",
            """
            {"shapes": [{"label": "crate", "shape_type": "mask", "points": [[%s, %s], [%s, %s]], "mask": "%s"}],
             "imageHeight": 4, "imageWidth": 8}
            """
                .formatted(x1, y1, x2, y2, Base64.getEncoder().encodeToString(png.toByteArray())));
    assertThat(picture(labels.read(0, 8, 4), 8))
        .isEqualTo("........\n..c.....\n...c....\n........");
  }

  @Test
  void labelStudiosDamagedBrushIsNamed() throws IOException {
    String json =
        """
        [{"id": 1, "data": {"image": "one.jpg"}, "annotations": [{"id": 8, "result": [
          {"id": "c", "type": "brushlabels", "original_width": 8, "original_height": 4,
           "value": {"format": "rle", "rle": %s, "brushlabels": ["person"]}}]}]}]
        """;
    String whole = brush(32, 3, 9);
    Labels cut =
        open(
            "cut.json",
            json.formatted(whole.substring(0, whole.length() / 2).replaceFirst(",[^,]*$", "]")));
    assertThatThrownBy(() -> cut.read(0, 8, 4))
        .hasMessageContaining("cut.json: brush 'person' of one.jpg: a brush's mask ends after");
    Labels other = open("other.json", json.formatted(brush(30, 3, 9)));
    assertThatThrownBy(() -> other.read(0, 8, 4))
        .hasMessageContaining("has 120 words of 8 bits, not 128");
  }

  @Test
  void readsLabelMesCirclesRectanglesAndMasks() throws IOException {
    Labels labels =
        open(
            "one.json",
            """
            {"version": "5.5.0", "flags": {}, "imagePath": "one.jpg", "imageData": "%s",
             "shapes": [
              {"label": "floor", "points": [[8, 4], [0, 2]], "shape_type": "rectangle"},
              {"label": "person", "points": [[2, 2], [2, 3.2]], "shape_type": "circle"},
              {"label": "_background_", "points": [[6, 3], [8, 3], [8, 4], [6, 4]], "shape_type": "polygon"},
              {"label": "shelf", "points": [[0, 0], [8, 4]], "shape_type": "line"}],
             "imageHeight": 4, "imageWidth": 8}
            """
                .formatted("A".repeat(30_000_000)));
    assertThat(picture(labels.read(0, 8, 4), 8))
        .isEqualTo("........\n.pp.....\nfppfffff\nffffff..");
    assertThat(labels.remarks())
        .singleElement()
        .asString()
        .contains("1 LabelMe shapes of type line");
  }

  @Test
  void cocosHolesAreWalkedInAndOutOf() throws IOException {
    Labels labels =
        open(
            "coco.json",
            """
            {"annotations": [{"id": 5, "image_id": 3, "iscrowd": 0, "segmentation":
               [[0,0, 8,0, 8,4, 0,4, 0,0, 2,1, 2,3, 6,3, 6,1, 2,1]], "category_id": 7},
              {"id": 6, "image_id": 3, "category_id": 7, "bbox": [0,0,1,1]}],
             "categories": [{"id": 7, "name": "shelf"}],
             "images": [{"id": 3, "file_name": "one.png", "height": 4, "width": 8}]}
            """);
    assertThat(picture(labels.read(0, 8, 4), 8))
        .isEqualTo("ssssssss\nss....ss\nss....ss\nssssssss");
    assertThat(labels.remarks())
        .singleElement()
        .asString()
        .contains("1 annotations have a box but no segmentation");
  }

  @Test
  void saysWhatItDoesNotKnow() {
    assertThatThrownBy(() -> open("x.json", "{\"a\": [1, 2]}"))
        .hasMessageContaining(
            "x.json is no JSON of COCO (annotations), LabelMe (shapes) or Label Studio");
    assertThatThrownBy(
            () ->
                open(
                    "p.json",
                    "{\"images\": [{\"id\": 1, \"file_name\": \"a\"}], \"categories\": [{\"id\": 1, \"name\": \"floor\"}], \"annotations\": [{\"image_id\": 1, \"category_id\": 1, \"segments_info\": []}]}"))
        .hasMessageContaining("panoptic");
  }
}
