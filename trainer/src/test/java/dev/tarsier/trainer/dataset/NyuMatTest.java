package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files are written by write_nyu.py, which says what is where. */
class NyuMatTest {
  private static final int WIDTH = 24;
  private static final int HEIGHT = 16;

  @TempDir private Path folder;

  /** Files by what the script was told; each test works on a copy. */
  private static final Map<String, Path> WRITTEN = new HashMap<>();

  @TempDir private static Path originals;

  private Path write(String... arguments) throws IOException, InterruptedException {
    String key = String.join("-", arguments);
    if (!WRITTEN.containsKey(key)) {
      Prerequisites.pythonModule("h5py");
      WRITTEN.put(key, script(Files.createDirectory(originals.resolve(key)), arguments));
    }
    try (Stream<Path> files = Files.list(WRITTEN.get(key))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".mat")).toList()) {
        Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return folder.resolve("nyu_depth_v2_labeled.mat");
  }

  private Path script(Path to, String... arguments) throws IOException, InterruptedException {
    resource("write_nyu.py", "write_nyu.py");
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of("/usr/bin/python3", folder.resolve("write_nyu.py").toString(), to.toString()));
    command.addAll(List.of(arguments));
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    return to;
  }

  private void resource(String name, String as) throws IOException {
    try (InputStream in = NyuMatTest.class.getResourceAsStream(name)) {
      Files.write(folder.resolve(as), in.readAllBytes());
    }
  }

  private static NyuMat open(
      Path mat, NyuMat.Split split, NyuMat.DepthVariant depth, ClassSet classes, int shrink) {
    return open(mat, split, null, null, null, depth, classes, shrink);
  }

  private static NyuMat open(
      Path mat,
      NyuMat.Split split,
      FrameChoice frames,
      FrameChoice labelled,
      FrameChoice withDepth,
      NyuMat.DepthVariant depth,
      ClassSet classes,
      int shrink) {
    NyuMat.Options section =
        new NyuMat.Options(
            mat.toString(), split, frames, labelled, withDepth, depth, shrink, 0, null, false);
    return NyuMat.open(mat, section, Openings.of(classes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"frame", "mixed", "none"})
  void readsEveryValueOfEveryFrameUprightHoweverTheFileIsChunked(String chunks) throws Exception {
    NyuMat source =
        open(write(chunks), NyuMat.Split.ALL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1);
    assertThat(source.size()).isEqualTo(10);
    for (int f : new int[] {9, 0, 4, 5, 1, 8, 2, 3, 7, 6}) {
      Sample sample = source.get(f);
      assertThat(sample.width()).isEqualTo(WIDTH);
      assertThat(sample.height()).isEqualTo(HEIGHT);
      assertThat(sample.name()).endsWith("nyu_depth_v2_labeled.mat#" + "%04d".formatted(f + 1));
      for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
          int at = y * WIDTH + x;
          for (int c = 0; c < 3; c++) {
            assertThat(sample.rgb()[3 * at + c] & 0xff)
                .isEqualTo((7 * f + 50 * c + 3 * x + 11 * y) % 256);
          }
          // Single precision of a sum below 16.
          assertThat(sample.values(Depth.ID)[at])
              .isCloseTo(0.5f + f + 0.01f * x + 0.1f * y, within(1e-5f));
          int label = (100 * f + x + 2 * y) % 895;
          assertThat(sample.ids(Segmentation.ID)[at] & 0xff)
              .isEqualTo(label == 0 ? 255 : (label - 1) % 40);
        }
      }
    }
  }

  @Test
  void readsTheOfficialSplitsAndRawDepthWithHoles() throws Exception {
    Path mat = write("mixed");
    NyuMat train = open(mat, NyuMat.Split.TRAIN, NyuMat.DepthVariant.RAW, ClassSet.NYU_13, 1);
    NyuMat test = open(mat, NyuMat.Split.TEST, NyuMat.DepthVariant.RAW, ClassSet.NYU_13, 1);
    assertThat(numbers(train)).containsExactly(1, 2, 3, 5, 7, 9, 10);
    assertThat(numbers(test)).containsExactly(4, 6, 8);
    Sample sample = test.get(1);
    assertThat(sample.values(Depth.ID)[0]).isNaN();
    assertThat(sample.values(Depth.ID)[1]).isCloseTo(5.51f, within(1e-5f));
    // Label 500 is the 20th of the 40, floor mat: floor, the 5th of the 13.
    assertThat(sample.ids(Segmentation.ID)[0]).isEqualTo((byte) 4);
    assertThat(train.name()).isEqualTo("nyuv2mat/train");
  }

  private static List<Integer> numbers(NyuMat source) {
    return IntStream.range(0, source.size())
        .mapToObj(i -> source.get(i).name())
        .map(name -> Integer.valueOf(name.substring(name.length() - 4)))
        .toList();
  }

  @Test
  void readsSplitsAndClassesOfMatlabsOlderFormatToo() throws Exception {
    Path mat = write("frame");
    NyuMat newer = open(mat, NyuMat.Split.TEST, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 2);
    resource("splits_v5.mat", "splits.mat");
    resource("classMapping40_v5.mat", "classMapping40.mat");
    NyuMat older = open(mat, NyuMat.Split.TEST, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 2);
    assertThat(older.sha256()).isEqualTo(newer.sha256()).hasSize(64);
    assertThat(numbers(older)).containsExactly(4, 6, 8);
    assertThat(older.get(0).ids(Segmentation.ID)).isEqualTo(newer.get(0).ids(Segmentation.ID));
  }

  @Test
  void heldOutFramesShareNoSceneWithTheOthers() throws Exception {
    Path mat = write("frame");
    NyuMat fit = open(mat, NyuMat.Split.TRAIN_FIT, NyuMat.DepthVariant.FILLED, ClassSet.NYU_13, 1);
    NyuMat held = open(mat, NyuMat.Split.TRAIN_VAL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_13, 1);
    Set<Integer> both = new HashSet<>(numbers(fit));
    assertThat(both).doesNotContainAnyElementsOf(numbers(held));
    both.addAll(numbers(held));
    assertThat(both).containsExactlyInAnyOrder(1, 2, 3, 5, 7, 9, 10);
    // Frames 1 and 2 are two parts of one kitchen.
    assertThat(numbers(fit).contains(1)).isEqualTo(numbers(fit).contains(2));
  }

  @Test
  void everyFifthSceneIsHeldOut() {
    List<String> scenes = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      scenes.add("kitchen_%04d%s".formatted(i / 2, i % 2 == 0 ? "a" : "b"));
      names.add("%04d".formatted(i + 1));
    }
    Set<String> held = NyuMat.heldOut(names, scenes, folder);
    assertThat(held).hasSize(20);
    for (int i = 0; i < 100; i += 2) {
      assertThat(held.contains(names.get(i))).isEqualTo(held.contains(names.get(i + 1)));
    }
  }

  @Test
  void shrinksColourByTheMeanAndTheRestByTheMiddlePixel() throws Exception {
    NyuMat source =
        open(write("frame"), NyuMat.Split.ALL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 2);
    Sample sample = source.get(2);
    assertThat(sample.width()).isEqualTo(WIDTH / 2);
    assertThat(sample.height()).isEqualTo(HEIGHT / 2);
    int at = 1 * sample.width() + 5;
    // Green about (10, 2): 14 + 50 + 30 + 22 = 116 and its neighbours 119, 127, 130; mean 123.
    assertThat(sample.rgb()[3 * at + 1] & 0xff).isEqualTo(123);
    assertThat(sample.values(Depth.ID)[at]).isCloseTo(2.5f + 0.11f + 0.3f, within(1e-5f));
    assertThat(sample.ids(Segmentation.ID)[at] & 0xff).isEqualTo((200 + 11 + 6 - 1) % 40);
  }

  @Test
  void keepsFramesToAQuarterOfAMillimetre() throws Exception {
    NyuMat source =
        open(write("mixed"), NyuMat.Split.TRAIN, NyuMat.DepthVariant.RAW, ClassSet.NYU_40, 2);
    CachedSource kept = new CachedSource(source);
    kept.fill(() -> {});
    assertThat(kept.size()).isEqualTo(7);
    for (int i = 0; i < kept.size(); i++) {
      assertThat(kept.get(i).rgb()).isEqualTo(source.get(i).rgb());
      assertThat(kept.get(i).ids(Segmentation.ID)).isEqualTo(source.get(i).ids(Segmentation.ID));
      assertThat(kept.get(i).values(Depth.ID)[0])
          .isCloseTo(source.get(i).values(Depth.ID)[0], within(1.3e-4f));
    }
  }

  @Test
  void labelsAndDepthOfFramesThatMayNotShowThemAreLeftOut() throws Exception {
    Path mat = write("frame");
    Path list = folder.resolve("list.txt");
    Files.writeString(list, "0003\n0007\n0001\n");
    NyuMat source =
        open(
            mat,
            NyuMat.Split.TRAIN,
            new FrameChoice(null, null, list.toString(), null),
            new FrameChoice(1, 3L, null, null),
            new FrameChoice(2, 3L, null, null),
            NyuMat.DepthVariant.FILLED,
            ClassSet.NYU_13,
            1);
    assertThat(numbers(source)).containsExactly(1, 3, 7);
    List<Sample> samples = IntStream.range(0, 3).mapToObj(source::get).toList();
    assertThat(samples.stream().filter(each -> each.ids(Segmentation.ID) != null)).hasSize(1);
    assertThat(samples.stream().filter(each -> each.values(Depth.ID) != null)).hasSize(2);
    assertThat(samples)
        .allMatch(
            each -> each.ids(Segmentation.ID) == null || each.values(Depth.ID) != null, "nested");
  }

  @Test
  void severalThreadsReadTheSameBlocks() throws Exception {
    NyuMat source =
        open(write("mixed"), NyuMat.Split.ALL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1);
    List<byte[]> alone = IntStream.range(0, 10).mapToObj(i -> source.get(i).rgb()).toList();
    IntStream.range(0, 200)
        .parallel()
        .forEach(i -> assertThat(source.get(i * 7 % 10).rgb()).isEqualTo(alone.get(i * 7 % 10)));
  }

  @Test
  void anInterruptedReaderLeavesTheFileOpenForOthers() throws Exception {
    NyuMat source =
        open(write("frame"), NyuMat.Split.ALL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1);
    Thread.currentThread().interrupt();
    byte[] interrupted = source.get(3).rgb();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(source.get(3).rgb()).isEqualTo(interrupted);
    assertThat(source.get(4).rgb()).isNotEqualTo(interrupted);
  }

  @Test
  void namesAMissingFile() throws Exception {
    Path mat = write("frame");
    Files.delete(folder.resolve("classMapping40.mat"));
    assertThatThrownBy(
            () -> open(mat, NyuMat.Split.TRAIN, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("classMapping40.mat is missing");
  }

  @Test
  void namesAFileThatIsNoMatlabFile() throws Exception {
    Path mat = write("frame");
    Files.writeString(folder.resolve("splits.mat"), "<html>404</html>".repeat(50));
    assertThatThrownBy(
            () -> open(mat, NyuMat.Split.TRAIN, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("splits.mat is no MATLAB file");
    Files.writeString(mat, "<html>404</html>");
    assertThatThrownBy(
            () -> open(mat, NyuMat.Split.TRAIN, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nyu_depth_v2_labeled.mat is no MATLAB 7.3 file");
  }

  @Test
  void namesADownloadThatBrokeOff() throws Exception {
    Path mat = write("frame");
    byte[] bytes = Files.readAllBytes(mat);
    Files.write(mat, Arrays.copyOf(bytes, bytes.length / 3));
    assertThatThrownBy(
            () -> {
              NyuMat source =
                  open(mat, NyuMat.Split.ALL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1);
              for (int i = 0; i < source.size(); i++) {
                source.get(i);
              }
            })
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nyu_depth_v2_labeled.mat");
  }

  @Test
  void namesAVariableThatIsNotThereAndThoseThatAre() throws Exception {
    Path mat = write("frame", "no_labels");
    assertThatThrownBy(
            () -> open(mat, NyuMat.Split.TRAIN, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("has no variable labels; it has depths, images, rawDepths, scenes");
    resource("classMapping40_v5.mat", "splits.mat");
    Path whole = write("frame");
    resource("classMapping40_v5.mat", "splits.mat");
    assertThatThrownBy(
            () -> open(whole, NyuMat.Split.TRAIN, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("splits.mat has no variable trainNdxs");
  }

  @Test
  void namesDepthOfAnotherSizeThanTheImages() throws Exception {
    Path mat = write("frame", "short_depths");
    assertThatThrownBy(
            () -> open(mat, NyuMat.Split.TRAIN, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("images has 10 frames of 24x16, depths has 10 of 20x16");
  }

  @Test
  void namesTheFrameAndPixelOfALabelOutOfRange() throws Exception {
    Path mat = write("frame", "bad_label");
    NyuMat source = open(mat, NyuMat.Split.ALL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1);
    assertThatThrownBy(() -> source.get(0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("#0001: label 895 at pixel (3, 2) is out of range");
  }

  @Test
  void theHashFollowsWhatIsRead() throws Exception {
    Path mat = write("frame");
    String one =
        open(mat, NyuMat.Split.ALL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1).sha256();
    assertThat(open(mat, NyuMat.Split.ALL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1).sha256())
        .isEqualTo(one);
    assertThat(open(mat, NyuMat.Split.ALL, NyuMat.DepthVariant.RAW, ClassSet.NYU_40, 1).sha256())
        .isNotEqualTo(one);
    assertThat(
            open(mat, NyuMat.Split.TEST, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1).sha256())
        .isNotEqualTo(one);
    byte[] bytes = Files.readAllBytes(mat);
    bytes[bytes.length - 1] ^= 1;
    Files.write(mat, bytes);
    assertThat(open(mat, NyuMat.Split.ALL, NyuMat.DepthVariant.FILLED, ClassSet.NYU_40, 1).sha256())
        .isNotEqualTo(one);
  }

  @Test
  void refusesClassesOfAnotherDataSet() {
    NyuMat.Options section =
        new NyuMat.Options(
            "x.mat", NyuMat.Split.ALL, null, null, null, null, null, null, null, null);
    assertThatThrownBy(() -> section.open(Openings.of(ClassSet.CITYSCAPES_19)))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "the recipe's classes are cityscapes19, but data of kind nyu_mat knows nyu13 and nyu40"
                + " only; change classes or data");
  }
}
