package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.rgbd.RgbdFiles;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.task.ClassSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tarsier recipe init} over the six frames that annotation tools labelled. */
class RecipeDraftTest {
  private static final List<String> NAMES =
      List.of("frame_0001", "frame_0002", "frame_0003", "frame_0004", "Halle Süd 05", "frame_0006");

  /** A minute of recording, a frame each ten seconds. */
  private static final long FIRST = 1_700_000_000_000_000_000L;

  private static final long APART = 10_000_000_000L;

  @TempDir private Path folder;
  private Path formats;
  private Path out;
  private String told;

  @BeforeEach
  void findsTheFrames() {
    formats = Prerequisites.shared("formats");
    out = folder.resolve("depot.yaml");
  }

  private Recipe draft(Path frames, Path labels, Path classes) throws IOException {
    return draft(new RecipeDraft.Request(List.of(), frames, labels, classes, null, out, false));
  }

  private Recipe draft(RecipeDraft.Request request) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    RecipeDraft.run(request, new PrintStream(text, true, StandardCharsets.UTF_8), false);
    told = text.toString(StandardCharsets.UTF_8);
    return Recipe.read(request.out());
  }

  private boolean check() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    boolean right =
        DataInventory.run(
            out,
            folder.resolve("page.html"),
            new PrintStream(text, true, StandardCharsets.UTF_8),
            false);
    told = text.toString(StandardCharsets.UTF_8);
    return right;
  }

  /** Frames named by their stamps, with depth where asked for, as {@code bag export} has them. */
  private Path recorded(boolean withDepth, int... labelled) throws IOException {
    Path root = folder.resolve("frames");
    for (String part : List.of("rgb", "depth", "SegmentationClass")) {
      Files.createDirectories(root.resolve(part));
    }
    for (int i = 0; i < NAMES.size(); i++) {
      String stamp = Long.toString(FIRST + i * APART);
      Files.copy(
          formats.resolve("rgb").resolve(NAMES.get(i) + ".jpg"),
          root.resolve("rgb").resolve(stamp + ".jpg"));
      if (withDepth) {
        Files.copy(
            formats.resolve("depth/png_mm").resolve(NAMES.get(i) + ".png"),
            root.resolve("depth").resolve(stamp + ".png"));
      }
    }
    for (int i : labelled) {
      Files.copy(
          formats.resolve("labels/cvat_mask_1.1/SegmentationClass").resolve(NAMES.get(i) + ".png"),
          root.resolve("SegmentationClass").resolve(FIRST + i * APART + ".png"));
    }
    if (!withDepth) {
      Files.delete(root.resolve("depth"));
    }
    if (labelled.length == 0) {
      Files.delete(root.resolve("SegmentationClass"));
    } else {
      Files.copy(
          formats.resolve("labels/cvat_mask_1.1/labelmap.txt"), root.resolve("labelmap.txt"));
    }
    return root;
  }

  @Test
  void takesClassesFromALabelMapAndLearnsFromLabelledFramesAlone() throws IOException {
    Recipe recipe = draft(recorded(false, 0, 1, 2, 4, 5), null, null);
    // Names are those of labelmap.txt, in its order; a third of the pixels is nobody's.
    assertThat(recipe.classes().names())
        .containsExactly("background", "crate", "floor", "person", "shelf");
    assertThat(Files.readString(folder.resolve("classes.yaml")))
        .contains("crate\", color: \"#B563A7\"");
    assertThat(recipe.teacher()).isNull();
    assertThat(recipe.student().network().heads()).map(Object::toString).containsExactly("classes");
    assertThat(recipe.student().network().height()).isEqualTo(120);
    assertThat(recipe.student().network().width()).isEqualTo(160);
    assertThat(recipe.student().validation().weights()).containsEntry("segmentation.miou", 1.0);
    RgbdFiles.Options data = (RgbdFiles.Options) recipe.student().data().get(0);
    assertThat(data.only()).isEqualTo("labelled");
    // The last of the five labelled frames judges, and the one 10 s before it does not touch it.
    assertThat(folder.resolve("depot-val.txt")).hasContent("" + (FIRST + 5 * APART));
    assertThat(Files.readAllLines(folder.resolve("depot-train.txt"))).hasSize(5);
    assertThat(told).contains("5 of 6 (", "tarsier data check " + out, "runs/depot/bundle");
    assertThat(check()).as(told).isTrue();
  }

  /** The first frames of a drive are labelled, as one does: what comes later can still teach. */
  @Test
  void whatComesAfterTheLastLabelIsLearnedFrom() throws IOException {
    Recipe recipe = draft(recorded(true, 0, 1, 2), null, null);
    assertThat(folder.resolve("depot-val.txt")).hasContent("" + (FIRST + 2 * APART));
    assertThat(Files.readAllLines(folder.resolve("depot-train.txt")))
        .containsExactly(
            "" + FIRST,
            "" + (FIRST + APART),
            "" + (FIRST + 3 * APART),
            "" + (FIRST + 4 * APART),
            "" + (FIRST + 5 * APART));
    assertThat(recipe.teacher()).as("labels what has depth and no label").isNotNull();
    assertThat(told).contains("the last fifth of the labelled in time judges, 1 frames");
  }

  /** What YAML takes for numbers, and folders that the working folder has too. */
  @Test
  void pathsAndNamesAreWhatTheyAreCalled() throws IOException {
    Path frames = recorded(false, 0, 1, 2, 4, 5);
    Path odd = Files.createDirectories(folder.resolve("007"));
    Files.move(frames, odd.resolve("20240501_143000"));
    out = odd.resolve("20240501_143001.yaml");
    Recipe recipe = draft(odd.resolve("20240501_143000"), null, null);
    assertThat(recipe.name()).isEqualTo("20240501_143001");
    assertThat(Files.readString(out)).contains("root: \"20240501_143000\"");
    RgbdFiles.Options data = (RgbdFiles.Options) recipe.student().data().get(0);
    assertThat(data.root()).isEqualTo("20240501_143000");

    out = odd.resolve("20240501_143000/here.yaml");
    Recipe inside = draft(odd.resolve("20240501_143000"), null, null);
    assertThat(Path.of(((RgbdFiles.Options) inside.student().data().get(0)).root()))
        .as("not the working folder, which is there too")
        .isEqualTo(odd.resolve("20240501_143000"));
  }

  @Test
  void labelsOfAnotherToolThatLieBesideAreNamed() throws IOException {
    Path frames = recorded(false, 0, 1, 2, 4, 5);
    Files.copy(
        formats.resolve("labels/coco_cvat_overlapping/annotations/instances_default.json"),
        frames.resolve("annotations.json"));
    draft(frames, null, null);
    assertThat(told)
        .containsOnlyOnce(
            "labels are those of %s; annotations.json in %s is not read"
                .formatted(frames.resolve("SegmentationClass"), frames));
  }

  @Test
  void letsATeacherThatSeesDepthLabelTheOtherFrames() throws IOException {
    Path classes =
        Files.writeString(
            folder.resolve("mine.yaml"), "name: mine\nnames: [floor, crate, person, shelf]\n");
    // Three labelled frames are learned from, two others have depth, and a list says what judges.
    Path frames = recorded(true, 0, 1, 2, 4, 5);
    Files.createDirectories(frames.resolve("splits"));
    Files.writeString(frames.resolve("splits/train.txt"), stamps(0, 1, 2, 3, 4));
    Files.writeString(frames.resolve("splits/val.txt"), stamps(5));
    Files.delete(frames.resolve("SegmentationClass/" + (FIRST + 4 * APART) + ".png"));
    Recipe recipe = draft(frames, null, classes);
    assertThat(recipe.teacher().network().extra().isNone()).isFalse();
    assertThat(((RgbdFiles.Options) recipe.teacher().data().get(0)).only()).isEqualTo("labelled");
    RgbdFiles.Options taught = (RgbdFiles.Options) recipe.pseudoLabels().data().get(0);
    assertThat(taught.only()).isNull();
    assertThat(taught.split()).isEqualTo("train");
    assertThat(recipe.classes().names()).containsExactly("floor", "crate", "person", "shelf");
    assertThat(told).contains("what the ", "that no class covers");
    assertThat(folder.resolve("classes.yaml")).doesNotExist();

    assertThat(DraftText.size(1920, 1080)).containsExactly(208, 368);
    assertThat(DraftText.epochs(40, 8, false)).isEqualTo(120);
    assertThat(DraftText.epochs(40, 8, true)).isEqualTo(60);
    assertThat(DraftText.epochs(100_000, 8, false)).isEqualTo(1);
  }

  /** It would begin at random, where its student begins with what another network learned. */
  @Test
  void letsNoTeacherLabelThatKnowsLessThanItsStudent() throws IOException {
    Path known = Files.createDirectory(folder.resolve("known"));
    String network = "{height: 32, width: 32, encoder_width: 0.25, decoder_width: 16}";
    Files.writeString(
        known.resolve("recipe.yaml"), "name: known\nstudent: {network: %s}\n".formatted(network));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module =
            GraphModule.create(
                Recipe.studentsNetwork(known.resolve("recipe.yaml"))
                    .orElseThrow()
                    .graph(ClassSet.NYU_13),
                manager,
                1)) {
      module.save(known.resolve("weights.safetensors"));
    }
    Path frames = recorded(true, 0, 2, 5);
    Recipe recipe =
        draft(new RecipeDraft.Request(List.of(), frames, null, null, known.toString(), out, false));
    assertThat(recipe.teacher()).isNull();
    assertThat(recipe.student().network().weights()).endsWith("known");
    assertThat(Files.readString(out)).contains("A teacher that sees depth could label the other");
    assertThat(told).contains("way     a student alone").contains("start   the weights of ");
  }

  private static String stamps(int... frames) {
    StringBuilder lines = new StringBuilder();
    for (int each : frames) {
      lines.append(FIRST + each * APART).append('\n');
    }
    return lines.toString();
  }

  @Test
  void learnsDepthAloneWhereNobodyLabelled() throws IOException {
    Recipe recipe = draft(recorded(true), null, null);
    assertThat(recipe.student().network().heads()).map(Object::toString).containsExactly("depth");
    assertThat(recipe.student().validation().weights()).containsEntry("depth.rmse", -1.0);
    assertThat(told).contains("labels  none", "depth   6 of 6", "the calibration");
    assertThat(check()).as(told).isTrue();
  }

  @Test
  void readsLabelsThatAToolPutElsewhere() throws IOException {
    Path frames = folder.resolve("frames");
    Files.createDirectories(frames);
    for (String each : NAMES) {
      Files.copy(formats.resolve("rgb").resolve(each + ".jpg"), frames.resolve(each + ".jpg"));
    }
    Path export = formats.resolve("labels/coco_cvat_overlapping");
    Recipe recipe = draft(frames, export, null);
    assertThat(recipe.classes().names())
        .containsExactlyInAnyOrder("background", "crate", "floor", "person", "shelf");
    assertThat(told).contains("5 of 6", "the names are no stamps");
    assertThat(check()).as(told).isTrue();
  }

  @Test
  void readsAFileForEachFrameBesideTheImages() throws IOException {
    Path export = formats.resolve("labels/labelme_xml_cvat/default");
    Recipe recipe = draft(export, export, null);
    assertThat(recipe.classes().names())
        .containsExactlyInAnyOrder("background", "crate", "floor", "person", "shelf");
    assertThat(told).contains("images  6 of 160×120", "5 of 6");
  }

  @Test
  void neverReplacesAFileUnlessToldTo() throws IOException {
    Path frames = recorded(true);
    draft(frames, null, null);
    String before = Files.readString(out);
    assertThatThrownBy(() -> draft(frames, null, null))
        .hasMessageContaining("depot.yaml is there already")
        .hasMessageContaining("--force");
    Files.writeString(out, "mine");
    draft(new RecipeDraft.Request(List.of(), frames, null, null, null, out, true));
    assertThat(out).hasContent(before);
  }

  @Test
  void namesWhatIsMissingAndWritesNothing() throws IOException {
    Path frames = recorded(false);
    refused(frames, null, null, "has 6 images, but neither labels nor depth");
    refused(frames.resolve("nowhere"), null, null, "nowhere is no folder");
    refused(folder, null, null, "has no images, nor a layout that is known");
    Path map = formats.resolve("labels/cvat_mask_1.1/labelmap.txt");
    refused(frames, map, null, "says what masks mean and has none");
    refused(null, null, null, "say where the frames are with --frames");
    refused(frames, folder.resolve("none"), null, "none: there is no such file or folder");
    refused(
        frames,
        formats.resolve("labels/cvat_mask_1.1"),
        null,
        "none of the 5 frames of masks with labelmap.txt",
        "matches one of the 6 images by name; they are called",
        "frame_0001",
        Long.toString(FIRST));
    Path none = Files.writeString(folder.resolve("drive.bag"), "garbage");
    assertThatThrownBy(
            () -> draft(new RecipeDraft.Request(List.of(none), null, null, null, null, out, false)))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("--bag " + none + ": ");
    Path bag = Prerequisites.shared("data/bags/kitchen_raw.bag");
    assertThatThrownBy(
            () -> draft(new RecipeDraft.Request(List.of(bag), null, null, null, null, out, false)))
        .hasMessageContaining("tarsier bag export " + bag + " --every 0.5s --out frames");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .containsExactlyInAnyOrder("frames", "drive.bag");
    }
  }

  @Test
  void asksForTheUnitOfDepthThatIsFarForMillimetres() throws IOException {
    Path frames = folder.resolve("plain");
    Files.createDirectories(frames.resolve("depth"));
    for (String name : NAMES) {
      Files.copy(formats.resolve("rgb/" + name + ".jpg"), frames.resolve(name + ".jpg"));
      Files.copy(
          formats.resolve("depth/png_tum_5000/" + name + ".png"),
          frames.resolve("depth/" + name + ".png"));
    }
    draft(frames, null, null);
    assertThat(told).contains("whether a count of depth is a millimetre", "depth_as: {unit: tum}");
  }

  @Test
  void findsShapesBesideTheImages() throws IOException {
    Recipe recipe = draft(formats.resolve("labels/labelme_xml_cvat/default"), null, null);
    assertThat(recipe.classes().names()).contains("crate", "floor", "shelf");
    assertThat(((RgbdFiles.Options) recipe.student().data().get(0)).labels())
        .isEqualTo(formats.resolve("labels/labelme_xml_cvat/default").toString());
    assertThat(check()).as(told).isTrue();
  }

  @Test
  void namesShapesOfAnotherToolBesideThoseThatAreRead() throws IOException {
    Path frames = Files.createDirectories(folder.resolve("two"));
    for (String name : List.of("frame_0001", "frame_0002", "frame_0003", "frame_0006")) {
      boolean json = !name.equals("frame_0001");
      for (String each : List.of(name + ".jpg", name + (json ? ".json" : ".xml"))) {
        Files.copy(
            formats
                .resolve(json ? "labels/labelme_json" : "labels/labelme_xml_cvat/default")
                .resolve(each),
            frames.resolve(each));
      }
    }
    draft(frames, null, null);
    assertThat(told).contains("not read, though they have names of images: frame_0001.xml");
  }

  @Test
  void listsWhatClassesLackAndWhatNobodyNames() throws IOException {
    Path frames = recorded(true, 0, 1, 2, 4, 5);
    Path few = Files.writeString(folder.resolve("few.yaml"), "name: few\nnames: [floor, crates]\n");
    refused(
        frames,
        null,
        few,
        "few.yaml lacks 3 of what the 5 labelled frames",
        "'crate' (",
        " pixels, first in " + frames,
        "; did you mean 'crates'?), 'person' (",
        "merges");
    Files.delete(frames.resolve("labelmap.txt"));
    refused(frames, null, null, "have what nobody names: colour (", "--classes");
    refused(frames, null, Path.of("nyu14"), "there is no such file, and no known set of that name");
  }

  private void refused(Path frames, Path labels, Path classes, String... sentences) {
    assertThatThrownBy(() -> draft(frames, labels, classes))
        .satisfies(
            e -> {
              for (String each : sentences) {
                assertThat(e).hasMessageContaining(each);
              }
            })
        .message()
        .doesNotContain("\n");
    assertThat(out).doesNotExist();
    assertThat(folder.resolve("classes.yaml")).doesNotExist();
  }
}
