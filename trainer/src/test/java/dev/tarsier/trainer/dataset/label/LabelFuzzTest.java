package dev.tarsier.trainer.dataset.label;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damages label files in seeded ways. Each is read, or refused in words, and soon; {@code
 * -Dfuzz.rounds=N} does more rounds.
 */
class LabelFuzzTest {
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 60);

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "labels/cvat_mask_1.1/SegmentationClass/frame_0001.png",
        "labels/voc_palette/SegmentationClass/frame_0002.png",
        "labels/coco_cvat_overlapping/annotations/instances_default.json",
        "labels/coco_rle_compressed/annotations/instances_train.json",
        "labels/labelme_json/frame_0002.json",
        "labels/labelme_xml_cvat/default/frame_0001.xml",
        "labels/cvat_mask_1.1/labelmap.txt",
        "labels/camvid/label_colors.txt"
      })
  void damagedFilesAreReadOrRefusedInWords(String name) throws IOException {
    Path file = Prerequisites.shared("formats").resolve(name);
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(name.hashCode());
    boolean map = name.endsWith(".txt");
    Path damaged = folder.resolve(file.getFileName());
    Path mask =
        file.resolveSibling(name.contains("camvid") ? "defaultannot" : "SegmentationClass")
            .resolve("frame_0001.png");
    for (int round = 0; round < ROUNDS; round++) {
      Files.write(damaged, damaged(whole, random));
      int of = round;
      Assertions.assertTimeoutPreemptively(
          Duration.ofSeconds(20),
          () -> {
            try {
              Labels labels =
                  LabelFiles.open(
                      List.of(new NamedFile("frame", map ? mask : damaged)),
                      damaged.toString(),
                      map ? damaged : null,
                      LabelFilesTest.CLASSES);
              for (int i = 0; i < labels.frames().size(); i++) {
                assertThat(labels.read(i, 160, 120)).hasSize(160 * 120);
              }
            } catch (DataException e) {
              assertThat(e.getMessage())
                  .as("round " + of)
                  .contains(map ? "" : damaged.getFileName().toString())
                  .doesNotContain("\n");
            }
          });
    }
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    int flips = 1 + random.nextInt(4);
    for (int i = 0; i < flips; i++) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          (byte)
              (random.nextBoolean()
                  ? bytes[at] ^ 1 << random.nextInt(8)
                  : "0-9e[]{}\",<>".charAt(random.nextInt(12)));
    }
    return bytes;
  }
}
