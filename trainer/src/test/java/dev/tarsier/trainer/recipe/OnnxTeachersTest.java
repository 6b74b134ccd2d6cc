package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.onnx.OnnxFixture;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recipes whose teachers someone else trained. */
class OnnxTeachersTest {
  private static final int SIZE = 32;

  /** Frames, networks and recipes; no test changes them. */
  @TempDir private static Path shared;

  @TempDir private Path temp;

  private static final String AROUND =
      """
      name: taught
      classes: {name: two, names: [floor, wall]}
      pseudo_labels:
        threshold: 0.6
        data:
          - {kind: rgbd, root: frames, images: rgb/*.png, depth: depth/*.png}
      student:
        network: {height: 32, width: 32, encoder_width: 0.25, decoder_width: 16}
        validation:
          data:
            - {kind: rgbd, root: frames, images: rgb/*.png, depth: depth/*.png, labels: labels/*.png}
        data: [{kind: pseudo_labels}]
        batch: 2
        epochs: 1
      export: {golden_frames: 1}
      """;

  private static final String BOTH =
      AROUND
          + """
          teachers:
            - {onnx: classes.onnx, order: RGB, normalize: 0..1, names: 3, classes: {0: floor, 1: wall, 2: floor}}
            - {onnx: depth.onnx, order: RGB, normalize: 0..1, decode: disparity}
          """;

  /**
   * Eight frames: depth rises from row to row, its inverse is the red of the image; the left half
   * is green and the floor. A square of the depth is missing.
   */
  @BeforeAll
  static void write() throws IOException {
    for (String each : List.of("rgb", "depth", "labels")) {
      Files.createDirectories(shared.resolve("frames").resolve(each));
    }
    for (int n = 0; n < 8; n++) {
      byte[] rgb = new byte[3 * SIZE * SIZE];
      short[] depth = new short[SIZE * SIZE];
      byte[] labels = new byte[SIZE * SIZE];
      for (int i = 0; i < SIZE * SIZE; i++) {
        int row = i / SIZE;
        double metres = 0.8 + 0.1 * n + 3.0 * row / SIZE;
        rgb[3 * i] = (byte) Math.round(255 * 0.5 / metres);
        rgb[3 * i + 1] = (byte) (i % SIZE < SIZE / 2 ? 200 : 0);
        boolean hole = i % SIZE >= 8 && i % SIZE < 20 && row >= 8 && row < 20;
        depth[i] = hole ? 0 : (short) Math.round(1000 * metres);
        labels[i] = (byte) (i % SIZE < SIZE / 2 ? 0 : 1);
      }
      String file = "%d.png".formatted(n);
      Path frames = shared.resolve("frames");
      Files.write(
          frames.resolve("rgb").resolve(file), EncodedImage.png(EncodedImage.rgb(SIZE, SIZE, rgb)));
      Files.write(
          frames.resolve("depth").resolve(file),
          EncodedImage.png(EncodedImage.gray(SIZE, SIZE, depth)));
      Files.write(
          frames.resolve("labels").resolve(file),
          EncodedImage.png(EncodedImage.gray(SIZE, SIZE, labels)));
    }
    OnnxFixture.linear("n", SIZE, SIZE, 40, 3).write(shared.resolve("depth.onnx"));
    // Green is floor by two of three classes; all else is wall.
    new OnnxFixture()
        .input("image", DataType.FLOAT, "n", 3, SIZE, SIZE)
        .floats("w", new float[] {0, 9, 0, 0, 0, 0, 0, 9, 0}, 3, 3, 1, 1)
        .floats("b", new float[] {0, 4, 0}, 3)
        .node("Conv", List.of("image", "w", "b"), "logits")
        .output("logits", DataType.FLOAT, "n", 3, SIZE, SIZE)
        .write(shared.resolve("classes.onnx"));
  }

  private static final class Heard implements RecipeListener {
    final List<String> made = new ArrayList<>();
    final List<String> said = new ArrayList<>();
    final Map<String, StageStore.State> planned = new TreeMap<>();
    final StopSignal stop = new StopSignal();

    @Override
    public void planned(List<Planned> chain) {
      chain.forEach(each -> planned.put(each.name(), each.state()));
    }

    @Override
    public void began(String stage, Path folder) {
      made.add(stage);
    }

    @Override
    public void note(String message) {
      said.add(message);
    }
  }

  private Heard run(String yaml) throws Exception {
    Heard heard = new Heard();
    run(yaml, heard);
    return heard;
  }

  private void run(String yaml, Heard heard) throws Exception {
    Path file = shared.resolve("recipe.yaml");
    RecipeRun.run(
        Recipe.parse(yaml, file.toString()),
        temp.resolve("run"),
        new StageStore(temp.resolve("store")),
        new DataSetRegistry(new PathResolver(file, Map.of())),
        heard.stop,
        heard);
  }

  @Test
  void teachClassesAndDepthToABundleOnce() throws Exception {
    Heard heard = run(BOTH);
    assertThat(heard.made)
        .containsExactly(
            "pseudo-labels-1", "pseudo-labels-1-depth", "student", "student-evaluation", "bundle");
    assertThat(heard.said)
        .anyMatch(each -> each.startsWith("depth.onnx: takes float, channels first, 32 wide"))
        .anyMatch(
            each ->
                each.equals(
                    "pseudo-labels-1-depth: depth for 8 of 8 frames, 100.0 % of all pixels, fitted to their own with 100 % inliers (median)"));

    Path labels = temp.resolve("run/pseudo-labels-1");
    assertThat(labels.resolve("overlays/00007.jpg")).exists();
    JsonNode classes = new ObjectMapper().readTree(labels.resolve("manifest.json").toFile());
    assertThat(classes.path("coverage").asDouble()).isEqualTo(1);
    assertThat(classes.has("fits")).isFalse();
    Path depth = temp.resolve("run/pseudo-labels-1-depth");
    assertThat(depth.resolve("overlays/00007.jpg")).exists();
    JsonNode manifest = new ObjectMapper().readTree(depth.resolve("manifest.json").toFile());
    // 40 × 0.5 / d + 3 is said.
    assertThat(manifest.path("frames").get(3).path("fits").get(0).path("scale").asDouble())
        .isBetween(0.049, 0.051);

    JsonNode record = new ObjectMapper().readTree(temp.resolve("run/run.json").toFile());
    JsonNode outcome = record.path("stages").get(1).path("outcome");
    assertThat(outcome.path("others").get(0).asText())
        .startsWith("`depth.onnx` (sha256 ")
        .contains("larger is nearer");
    assertThat(outcome.path("fits").path("kept").asInt()).isEqualTo(8);
    assertThat(temp.resolve("run/bundle/CARD.md"))
        .content()
        .contains("- `classes.onnx` (sha256 ")
        .contains("someone else's: 3 classes, 3 of them of the recipe's")
        .contains("- pseudo-labels for `")
        .contains("fitted to their own with 100 % inliers");

    assertThat(run(BOTH).made).as("all is in the store").isEmpty();
    assertThat(run(BOTH + "\n# a remark\n").made).isEmpty();
    // Another map of classes labels anew, and depth stays.
    Heard other = new Heard();
    other.stop.stop();
    run(BOTH.replace("2: floor", "2: null"), other);
    assertThat(other.planned)
        .containsEntry("pseudo-labels-1", StageStore.State.NEW)
        .containsEntry("pseudo-labels-1-depth", StageStore.State.FINISHED);
    String written = Recipe.parse(BOTH, "recipe.yaml").yaml();
    assertThat(run(written).made).as("as it was written down").isEmpty();
  }

  @Test
  void oneAloneMayBeTheTeacher() throws Exception {
    String yaml =
        AROUND
            + "teacher: {onnx: depth.onnx, order: RGB, normalize: 0..1, outputs: depth, decode: disparity}\n";
    assertThat(chain(yaml).recipe().teacher()).isNull();
    assertThat(chain(yaml).recipe().teachers()).hasSize(1);
    assertThat(chain(yaml).steps())
        .extracting(Step::name)
        .containsExactly("pseudo-labels-1", "student", "student-evaluation", "bundle");
  }

  @Test
  void labelBesideATeacherThatIsTrainedHere() throws Exception {
    String yaml =
        BOTH
            + """
            teacher:
              network: {height: 32, width: 32, extra: depth}
              data: [{kind: rendered, rooms: 1}]
            """;
    assertThat(chain(yaml).steps())
        .extracting(Step::name)
        .containsExactly(
            "teacher-1",
            "teacher-1-evaluation",
            "pseudo-labels-1",
            "pseudo-labels-1-depth",
            "student",
            "student-evaluation",
            "bundle");
    // Its classes and those of the other are one stage.
    assertThat(chain(yaml).pseudoLabels().get(0).needs()).hasSize(1);
    assertThat(chain(yaml).pseudoLabels().get(1).needs()).isEmpty();
  }

  private static Chain chain(String yaml) throws IOException {
    Path file = shared.resolve("recipe.yaml");
    return Chain.of(Recipe.parse(yaml, file.toString()), new PathResolver(file, Map.of()));
  }

  private void assertRefused(String teacher, String... message) {
    assertThatThrownBy(() -> run(AROUND + teacher + "\n"))
        .isInstanceOf(DataException.class)
        .message()
        .doesNotContain("--")
        .contains(message);
    assertThat(temp.resolve("store")).as("nothing is begun").doesNotExist();
  }

  @Test
  void asksByTheNamesOfKeysForWhatIsOpen() {
    assertRefused(
        "teacher: {onnx: depth.onnx}",
        "teacher: ",
        "depth.onnx does not say the order of its colours (order: RGB or BGR); nor how its pixels are scaled (normalize: -1..1, 0..1, 0..255, imagenet; or mean, std and scale); nor what its output 'depth' [1,1,32,32] is, which may be ",
        "depth in metres (outputs: depth:metric)");
    assertRefused(
        "teacher: {onnx: classes.onnx, order: RGB, normalize: 0..1}",
        "the names of the 3 classes of its output 'logits' [1,3,32,32] (names: FILE, or names: 3 where they have none); please tell");
  }

  @Test
  void refusesWhatCannotTeach() throws IOException {
    assertRefused("teacher: {onnx: gone.onnx}", "onnx: gone.onnx is not there (looked in ");
    assertRefused(
        "teacher: {onnx: depth.onnx, order: RGB, normalize: 0..1, decode: disparty}",
        "decode must be classes|logits|ids|softmax (",
        "got 'disparty'; did you mean 'disparity'?");
    assertRefused(
        "teacher: {onnx: classes.onnx, order: RGB, normalize: 0..1, decode: metric, names: 3, classes: {0: floor}}",
        "output 'logits' of ",
        "scores of 3 classes",
        "not depth in metres, as decode says");
    assertRefused(
        "teacher: {onnx: depth.onnx, order: RGB, normalize: 0..1, decode: metric, input_size: 64x64}",
        "which fixes 32 wide and 32 high, not the 64 wide and 64 high of input_size");
    assertRefused(
        "teacher: {onnx: classes.onnx, order: RGB, normalize: 0..1, names: 3, classes: {0: flor}}",
        "teacher: classes: 0 is 'flor', which is no class of two (did you mean 'floor'?)");
    assertRefused(
        "teacher: {onnx: classes.onnx, order: RGB, normalize: 0..1, names: 3, classes: none.yaml}",
        "classes: none.yaml is not there");
    assertRefused(
        "teacher: {onnx: depth.onnx, order: RGB, mean: [1, 2], decode: metric}",
        "mean must be 3 numbers with commas between, got 2");
    Files.writeString(shared.resolve("map.yaml"), "- floor\n");
    assertRefused(
        "teacher: {onnx: classes.onnx, order: RGB, normalize: 0..1, names: 3, classes: map.yaml}",
        "map.yaml must map classes");
  }

  @Test
  void refusesAHeadThatTheStudentLacks() {
    String yaml =
        AROUND.replace("decoder_width: 16}", "decoder_width: 16, heads: [classes]}")
            + "teacher: {onnx: depth.onnx, order: RGB, normalize: 0..1, decode: disparity}\n";
    assertThatThrownBy(() -> run(yaml))
        .isInstanceOf(DataException.class)
        .hasMessageEndingWith(
            "says depth, and the student has no head for it; its heads are [classes]");
  }

  /** Before hours of labelling, not after. */
  @Test
  void refusesAHeadThatNothingTeachesBeforeItLabels() {
    Heard heard = new Heard();
    String yaml =
        AROUND + "teacher: {onnx: depth.onnx, order: RGB, normalize: 0..1, decode: disparity}\n";
    assertThatThrownBy(() -> run(yaml, heard))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("student: no teacher says labels and no frame of ")
        .hasMessageEndingWith(
            "add a teacher or data that has, or leave classes out of network.heads");
    assertThat(heard.made).isEmpty();
  }

  @Test
  void refusesSectionsThatDoNotFit() {
    assertThatThrownBy(() -> Recipe.parse(AROUND + "teacher: {onx: a.onnx}\n", "r.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("unknown key onx; did you mean 'onnx'?");
    assertThatThrownBy(() -> Recipe.parse("name: a\nteacher: {onnx: a.onnx}\n", "r.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("a.onnx teaches nobody; add the section student");
    assertThatThrownBy(
            () ->
                Recipe.parse(
                    "name: a\nteachers: [{onnx: a.onnx}]\nstudent: {epochs: 1}\n", "r.yaml"))
        .hasMessageContaining("a.onnx teaches nobody; add the section pseudo_labels");
    assertThatThrownBy(() -> Recipe.parse(AROUND + "teacher: {onnx: a.onnx, decod: x}\n", "r.yaml"))
        .hasMessageContaining("r.yaml:16: teacher.decod: unknown key; did you mean 'decode'?");
    assertThat(
            Recipe.parse(AROUND + "teacher: {onnx: a.onnx, mean: [1, 2, 3], scale: 1/255}\n", "r"))
        .as("two readings are one recipe")
        .isEqualTo(
            Recipe.parse(AROUND + "teacher: {onnx: a.onnx, mean: [1, 2, 3], scale: 1/255}\n", "r"));
    assertThatThrownBy(() -> Recipe.parse(AROUND + "teachers: [{decode: metric}]\n", "r.yaml"))
        .hasMessageContaining("r.yaml:16: teachers[0]: onnx must name the file of a network");
    assertThatThrownBy(
            () ->
                Recipe.parse(
                    AROUND.replace("threshold: 0.6", "scales: [1.0, 0.5]")
                        + "teacher: {onnx: a.onnx}\n",
                    "r.yaml"))
        .hasMessageContaining("sees frames at one size");
  }
}
