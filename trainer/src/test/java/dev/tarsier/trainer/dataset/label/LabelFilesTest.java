package dev.tarsier.trainer.dataset.label;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels as other people's tools wrote them, against the masks that they were drawn from. */
class LabelFilesTest {
  private static final List<String> TRUE_NAMES =
      List.of("background", "floor", "crate", "person", "shelf");

  /** In another order than any of the files. */
  static final ClassSet CLASSES =
      new ClassSet(
          "depot",
          List.of("shelf", "person", "floor", "crate"),
          List.of(1, 2, 3, 4),
          "labels",
          "depot",
          null);

  /**
   * Least agreement of a frame and the mean of the five, which are those that the tools' own
   * readers come to by the README of the files: a tool that stores outlines by whole pixels loses
   * an edge.
   */
  @ParameterizedTest
  @CsvSource({
    "cvat_mask_1.1/SegmentationClass, 1, 1",
    "voc/SegmentationClass, 1, 1",
    "voc_palette/SegmentationClass, 0.981, 0.987",
    "coco_cvat_overlapping/annotations, 0.997, 0.999",
    "coco_polygons_keyhole/annotations, 0.952, 0.959",
    "coco_rle_uncompressed/annotations, 1, 1",
    "coco_rle_compressed/annotations, 1, 1",
    "labelme_json, 0.997, 0.999",
    "labelme_xml_cvat/default, 0.997, 0.999",
    "camvid/defaultannot, 1, 1"
  })
  void readsWhatToolsWrite(String folder, double least, double mean) throws IOException {
    Path formats = Prerequisites.shared("formats");
    Labels labels = open(formats.resolve("labels").resolve(folder));

    List<Double> agreements = new ArrayList<>();
    for (int i = 0; i < labels.frames().size(); i++) {
      String stem = labels.frames().get(i).replaceFirst(".*/", "").replaceFirst("\\.\\w+$", "");
      byte[] truth = truth(formats, stem);
      byte[] ids = labels.read(i, 160, 120);
      int same = 0;
      for (int at = 0; at < ids.length; at++) {
        String read = ids[at] == -1 ? "background" : CLASSES.names().get(ids[at]);
        same += read.equals(TRUE_NAMES.get(truth[at])) ? 1 : 0;
      }
      agreements.add(same / (double) ids.length);
    }
    assertThat(labels.frames()).hasSize(5).noneMatch(name -> name.contains("0004"));
    assertThat(agreements).as(labels.format() + agreements).allMatch(each -> each >= least);
    assertThat(agreements.stream().mapToDouble(each -> each).average().orElse(0))
        .isGreaterThanOrEqualTo(mean);
  }

  static Labels open(Path folder) throws IOException {
    return LabelFiles.open(files(folder), folder.toString(), null, CLASSES);
  }

  private static List<NamedFile> files(Path folder) throws IOException {
    for (String extension : List.of(".json", ".xml", ".png")) {
      try (Stream<Path> all = Files.list(folder)) {
        List<NamedFile> files =
            all.filter(file -> DataFile.hasExtension(file, extension))
                .sorted()
                .map(file -> new NamedFile(file.getFileName().toString(), file))
                .toList();
        if (!files.isEmpty()) {
          return files;
        }
      }
    }
    throw new AssertionError(folder + " has no labels");
  }

  private static byte[] truth(Path formats, String stem) {
    Path file = formats.resolve("truth").resolve(stem + ".png");
    return DataFile.plane(file, DataFile.bytes(file)).values();
  }
}
