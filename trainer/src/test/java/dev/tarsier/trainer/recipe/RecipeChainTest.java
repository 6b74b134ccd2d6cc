package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.export.BundleExporter;
import dev.tarsier.trainer.network.Safetensors;
import dev.tarsier.trainer.network.Tensor;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.run.StageFolder;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.ExtraInput;
import dev.tarsier.trainer.training.Trainer;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Teacher, pseudo-labels, student and bundle: what is made, what is found, what is named. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class RecipeChainTest {
  private static final String CHAIN =
      """
      name: chain
      common:
        network: {height: 32, width: 32, encoder_width: 0.25, decoder_width: 16}
        validation:
          data:
            - {kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 1}
            - {kind: rendered, seed: 3, first_room: 1500, rooms: 1, views: 1}
        batch: 2
        epochs: 2
      teacher:
        network: {extra: depth}
        data:
          - {kind: rendered, seed: 3, rooms: 2, views: 2}
      pseudo_labels:
        threshold: 0.2
        data:
          - {kind: rendered, seed: 4, rooms: 1, views: 2, labels: false}
      student:
        data:
          - {kind: rendered, seed: 3, rooms: 2, views: 2}
          - {kind: pseudo_labels}
      export: {golden_frames: 1}
      evaluation:
        data:
          - {kind: rendered, seed: 3, first_room: 2000, rooms: 1, views: 1}
      """;

  private static final List<String> ALL =
      List.of(
          "teacher-1",
          "teacher-1-evaluation",
          "pseudo-labels-1",
          "student",
          "student-evaluation",
          "bundle");

  /** The chain as it stands once all is made; tests change copies of it. */
  @TempDir private static Path whole;

  @TempDir private Path temp;
  private Path store;

  @BeforeAll
  static void makeAll() throws Exception {
    Heard heard = new Heard();
    assertThat(run(CHAIN, whole.resolve("run"), whole.resolve("store"), heard).finished()).isTrue();
    assertThat(heard.made).isEqualTo(ALL);
  }

  @BeforeEach
  void copy() throws IOException {
    store = temp.resolve("store");
    try (Stream<Path> files = Files.walk(whole)) {
      for (Path each : files.toList()) {
        Path to = temp.resolve(whole.relativize(each).toString());
        if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
          Files.createDirectories(to);
        } else {
          Files.copy(each, to, LinkOption.NOFOLLOW_LINKS);
        }
      }
    }
  }

  /** Writes down which stages are made, and stops after a stage's step if asked. */
  private static class Heard implements RecipeListener {
    final List<String> made = new ArrayList<>();
    final List<String> said = new ArrayList<>();
    final Map<String, StageStore.State> planned = new TreeMap<>();
    final StopSignal stop = new StopSignal();
    private final String stopIn;
    private final long stopAfter;

    Heard(String stopIn, long stopAfter) {
      this.stopIn = stopIn;
      this.stopAfter = stopAfter;
    }

    Heard() {
      this("", 0);
    }

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

    @Override
    public Trainer.Listener training(String stage, Path folder) {
      return new Trainer.Listener() {
        @Override
        public void stepped(long done, double loss) {
          if (stage.equals(stopIn) && done == stopAfter) {
            stop.stop();
          }
        }
      };
    }
  }

  private static RecipeRun.Result run(String yaml, Path folder, Path store, Heard heard)
      throws Exception {
    Recipe recipe = Recipe.parse(yaml, "recipe.yaml");
    DataSetRegistry dataSets =
        new DataSetRegistry(new PathResolver(folder.resolve("recipe.yaml"), Map.of()));
    return RecipeRun.run(recipe, folder, new StageStore(store), dataSets, heard.stop, heard);
  }

  private RecipeRun.Result run(String yaml, String folder, Heard heard) throws Exception {
    return run(yaml, temp.resolve(folder), store, heard);
  }

  private List<String> made(String yaml) throws Exception {
    Heard heard = new Heard();
    assertThat(run(yaml, "run", heard).finished()).isTrue();
    return heard.made;
  }

  @Test
  void makesOnlyWhatAChangeTouches() throws Exception {
    assertThat(made(CHAIN)).isEmpty();
    assertThat(made("# a remark\n" + CHAIN + "\n\n")).isEmpty();
    assertThat(made(CHAIN.replace("golden_frames: 1", "golden_frames: 2")))
        .containsExactly("bundle");
    assertThat(made(CHAIN.replace("first_room: 2000", "first_room: 3000")))
        .containsExactly("teacher-1-evaluation", "student-evaluation", "bundle");
    assertThat(made(CHAIN.replace("threshold: 0.2", "threshold: 0.01")))
        .containsExactly("pseudo-labels-1", "student", "student-evaluation", "bundle");
    // Neither threshold keeps a label, so the student would be the same.
    assertThat(made(CHAIN.replace("threshold: 0.2", "threshold: 0.99")))
        .containsExactly("pseudo-labels-1", "bundle");
    assertThat(made(CHAIN.replace("student:\n", "student:\n  class_balance: 0.5\n")))
        .containsExactly("student", "student-evaluation", "bundle");
    // Threads and intervals change no weight; the recipe's hash is in the bundle.
    assertThat(made(CHAIN.replace("student:\n", "student:\n  loader_threads: 2\n")))
        .containsExactly("bundle");
    assertThat(made(CHAIN)).isEmpty();
  }

  @Test
  void saysWhereTheTeacherIsNeverSure() throws Exception {
    Heard heard = new Heard();
    assertThat(run(CHAIN.replace("threshold: 0.2", "threshold: 0.99"), "run", heard).finished())
        .isTrue();
    assertThat(heard.said)
        .contains(
            "pseudo-labels-1: the teacher is nowhere surer than τ = 0.99, so it teaches nothing;"
                + " lower pseudo_labels.threshold, or train it longer")
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("pseudo-labels-1: 0.0 % of the pixels without a label kept")
                    .endsWith(" of all are right"));
  }

  @Test
  void theMirrorsTeacherSeesLabelsAndSaysDepth() throws Exception {
    String mirror =
        CHAIN
            .replace("{extra: depth}", "{extra: labels}")
            .replace("  threshold: 0.2\n", "  target: depth\n")
            .replace("labels: false", "depth: false")
            .replace(
                "    - {kind: rendered, seed: 3, rooms: 2, views: 2}\n    - {kind: pseudo",
                "    - {kind: pseudo");
    Heard heard = new Heard();
    assertThat(run(mirror, "mirror", heard).finished()).isTrue();
    assertThat(heard.made).isEqualTo(ALL);
    assertThat(heard.said).contains("pseudo-labels-1: depth for 2 frames");
    // The student's frames have no depth of their own, so what it learns of it is the teacher's.
    assertThat(mirror).doesNotContain("student:\n  data:\n    - {kind: rendered");
    assertThat(temp.resolve("mirror/student/epochs.jsonl")).content().contains("depth.rmse");
  }

  @Test
  void goesOnInTheMiddleOfTheChainToTheSameBits() throws Exception {
    RecipeRun.Result straight = run(CHAIN, "run", new Heard());
    store = temp.resolve("other");
    Heard inTeacher = new Heard("teacher-1", 3);
    RecipeRun.Result first = run(CHAIN, "stopped", inTeacher);
    assertThat(first.finished()).isFalse();
    assertThat(first.stoppedIn()).isEqualTo("teacher-1");
    assertThat(first.stepsDone()).isEqualTo(3);
    assertThat(record("stopped").path("state").asText()).isEqualTo("stopped");

    Heard inStudent = new Heard("student", 2);
    RecipeRun.Result second = run(CHAIN, "stopped", inStudent);
    assertThat(second.stoppedIn()).isEqualTo("student");
    assertThat(inStudent.planned)
        .containsEntry("teacher-1", StageStore.State.BEGUN)
        .containsEntry("student", StageStore.State.LATER);

    Heard last = new Heard();
    RecipeRun.Result third = run(CHAIN, "stopped", last);
    assertThat(third.finished()).isTrue();
    assertThat(last.planned)
        .containsEntry("pseudo-labels-1", StageStore.State.FINISHED)
        .containsEntry("student", StageStore.State.BEGUN)
        .containsEntry("bundle", StageStore.State.LATER);
    assertThat(third.student().orElseThrow().checkpointSha256())
        .isEqualTo(straight.student().orElseThrow().checkpointSha256());
  }

  @Test
  void writesDownWhatWasDoneWithWhat() throws Exception {
    RecipeRun.Result result = run(CHAIN, "run", new Heard());
    JsonNode record = record("run");
    assertThat(record.path("state").asText()).isEqualTo("exported");
    assertThat(record.path("stages")).extracting(each -> each.path("name").asText()).isEqualTo(ALL);
    assertThat(record.path("networks")).hasSize(2);
    TrainedNetwork student = result.student().orElseThrow();
    assertThat(student.figures())
        .extracting(Figures::use)
        .containsExactly("validation", "validation", "evaluation");
    assertThat(student.figures().get(0).values()).containsKeys("segmentation.miou", "depth.rmse");
    assertThat(student.figures().get(0).iouByClass()).containsKey("wall");
    assertThat(student.bestEpoch()).isBetween(1, 2);
    JsonNode figures = record.path("networks").get(1).path("figures").get(0);
    assertThat(figures.path("values").path("segmentation.miou").asDouble())
        .isEqualTo(student.figures().get(0).values().get("segmentation.miou"));
    assertThat(temp.resolve("run/bundle/CARD.md"))
        .content()
        .contains("Taught by")
        .contains("`teacher-1`, which sees the image and depth")
        .contains("`rendered-3-rooms-1000-1000`, 1 frames, by which the best epoch was chosen")
        .contains("`rendered-3-rooms-1500-1500`, 1 frames, by which nothing was chosen")
        .contains("`rendered-3-rooms-2000-2000`, 1 frames, by which nothing was chosen")
        .containsPattern("Network `edge`, [0-9,]+ parameters, [0-9.]+ [bm]illion\\s+multiply-adds");
    // A run's own copy of the recipe makes the same again.
    assertThat(made(Files.readString(temp.resolve("run/recipe.yaml")))).isEmpty();
  }

  @Test
  void recipesShareTeachersThroughTheStore() throws Exception {
    String teacherAlone =
        CHAIN.substring(0, CHAIN.indexOf("pseudo_labels:")).replace("name: chain", "name: alone");
    Heard heard = new Heard();
    RecipeRun.Result result = run(teacherAlone, "second", heard);
    assertThat(result.student()).isEmpty();
    assertThat(result.teachers()).hasSize(1);
    assertThat(result.bundle()).isEmpty();
    assertThat(heard.made).containsExactly("teacher-1-evaluation");
  }

  @Test
  void writesTeachersAsPlainModelsWhereAsked() throws Exception {
    assertThat(made(CHAIN.replace("golden_frames: 1", "golden_frames: 1, teachers: true")))
        .as("a bundle names the recipe it comes from, which has changed")
        .containsExactly("teacher-1-model", "bundle");
    assertThat(temp.resolve("run/teacher-1-model/teacher.onnx")).isNotEmptyFile();
    JsonNode stage = record("run").path("stages").get(2);
    assertThat(stage.path("name").asText()).isEqualTo("teacher-1-model");
    assertThat(stage.path("outcome").path("parity").asText())
        .contains("100", "one by one and 2 at once");
  }

  @Test
  void anEnsembleBeginsWithTheTeachersThatAreThere() throws Exception {
    String alone = CHAIN.substring(0, CHAIN.indexOf("pseudo_labels:"));
    Heard heard = new Heard();
    RecipeRun.Result result =
        run(alone.replace("teacher:\n", "teacher:\n  ensemble: 2\n"), "run", heard);
    assertThat(heard.made)
        .containsExactly("teacher-1-evaluation", "teacher-2", "teacher-2-evaluation");
    assertThat(result.teachers()).extracting(TrainedNetwork::seed).containsExactly(1L, 2L);
  }

  @Test
  void studentsOfAnotherSeedCanHaveTheTeachersThatAreThere() throws Exception {
    String other = CHAIN.replace("name: chain", "name: other\nseed: 7");
    Heard heard = new Heard();
    RecipeRun.Result result =
        run(other.replace("teacher:\n", "teacher:\n  first_seed: 1\n"), "other", heard);
    assertThat(heard.made).doesNotContain("teacher-1", "pseudo-labels-1").contains("student");
    assertThat(result.teachers()).extracting(TrainedNetwork::seed).containsExactly(1L);
    assertThat(result.student().orElseThrow().seed()).isEqualTo(7);
  }

  @Test
  void namesACheckpointThatVanishedAndTheStageThatNeedsIt() throws Exception {
    RecipeRun.Result result = run(CHAIN, "run", new Heard());
    Path checkpoint = result.teachers().get(0).checkpoint();
    Files.delete(checkpoint);
    // Nobody needs it as long as nothing changes.
    assertThat(made(CHAIN)).isEmpty();
    assertThatThrownBy(() -> made(CHAIN.replace("threshold: 0.2", "threshold: 0.15")))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("pseudo-labels-1: it needs the checkpoint of teacher-1")
        .hasMessageContaining(checkpoint.toString())
        .hasMessageContaining("delete the folder");
  }

  @Test
  void adjustsLogitsWithoutTrainingAnew() throws Exception {
    String adjusting = CHAIN.replace("student:\n", "student:\n  logit_adjustment: 0.5\n");
    RecipeRun.Result before = run(CHAIN, "run", new Heard());
    Heard heard = new Heard();
    RecipeRun.Result after = run(adjusting, "run", heard);
    assertThat(heard.planned).containsEntry("student-adjusted", StageStore.State.NEW);
    assertThat(heard.made).containsExactly("student-adjusted", "student-evaluation", "bundle");
    assertThat(made(adjusting)).isEmpty();

    TrainedNetwork trained = before.student().orElseThrow();
    TrainedNetwork adjusted = after.student().orElseThrow();
    assertThat(adjusted.folder()).isEqualTo(trained.folder());
    assertThat(adjusted.steps()).isEqualTo(trained.steps());
    assertThat(adjusted.checkpoint()).hasFileName("adjusted.safetensors");
    Map<String, Tensor> was = Safetensors.read(trained.checkpoint());
    Map<String, Tensor> is = Safetensors.read(adjusted.checkpoint());
    List<String> changed = new ArrayList<>();
    is.forEach(
        (name, tensor) -> {
          if (!Arrays.equals(tensor.values(), was.get(name).values())) {
            changed.add(name);
          }
        });
    assertThat(changed).containsExactly("model.heads.classes.out.bias");
    assertThat(Files.readString(after.bundle().orElseThrow().resolve("CARD.md")))
        .contains("was lowered by 0.5 of the logarithm of its share");
  }

  @Test
  void measuresStatisticsAnewBeforeLogitsAreAdjusted() throws Exception {
    String precise = CHAIN.replace("student:\n", "student:\n  precise_batch_norm: 3\n");
    TrainedNetwork trained = run(CHAIN, "run", new Heard()).student().orElseThrow();
    Heard heard = new Heard();
    RecipeRun.Result after = run(precise, "run", heard);
    assertThat(heard.planned).containsEntry("student-precise-batch-norm", StageStore.State.NEW);
    assertThat(heard.made)
        .containsExactly("student-precise-batch-norm", "student-evaluation", "bundle");
    assertThat(made(precise)).isEmpty();

    Map<String, Tensor> was = Safetensors.read(trained.checkpoint());
    Map<String, Tensor> is = Safetensors.read(after.student().orElseThrow().checkpoint());
    is.forEach(
        (name, tensor) ->
            assertThat(Arrays.equals(tensor.values(), was.get(name).values()))
                .as(name)
                .isEqualTo(!name.contains(".running_")));
    assertThat(Files.readString(after.bundle().orElseThrow().resolve("CARD.md")))
        .contains("statistics were measured anew over 3 batches");

    assertThat(made(precise.replace("precise_batch_norm: 3", "precise_batch_norm: 2")))
        .startsWith("student-precise-batch-norm");
    assertThat(made(precise.replace("student:\n", "student:\n  logit_adjustment: 0.5\n")))
        .containsExactly("student-adjusted", "student-evaluation", "bundle");
  }

  @Test
  void goesOnWithLargerImages() throws Exception {
    String tuning =
        CHAIN.replace(
            "student:\n",
            "student:\n  fine_tuning: [{epochs: 1, height: 64, width: 48, rate_factor: 0.001}]\n");
    TrainedNetwork small = run(CHAIN, "run", new Heard()).student().orElseThrow();
    Heard heard = new Heard();
    RecipeRun.Result result = run(tuning, "run", heard);
    assertThat(heard.planned).containsEntry("student-fine-tuned-1", StageStore.State.NEW);
    assertThat(heard.made).containsExactly("student-fine-tuned-1", "student-evaluation", "bundle");
    assertThat(heard.said).contains("Goes on from student after 6 steps");
    assertThat(made(tuning)).isEmpty();

    TrainedNetwork large = result.student().orElseThrow();
    assertThat(large.network().height()).isEqualTo(64);
    assertThat(large.network().width()).isEqualTo(48);
    assertThat(large.steps()).isEqualTo(small.steps() + 3);
    assertThat(large.seconds()).isGreaterThanOrEqualTo(small.seconds());
    assertThat(large.folder()).isNotEqualTo(small.folder());
    // At so small a rate the weights are still the small one's, and yet not the same.
    String some = "model.heads.classes.out.weight";
    float[] was = Safetensors.read(small.checkpoint()).get(some).values();
    float[] is = Safetensors.read(large.checkpoint()).get(some).values();
    assertThat(is).isNotEqualTo(was);
    for (int i = 0; i < is.length; i++) {
      assertThat(is[i]).isCloseTo(was[i], within(1e-3f));
    }
    Path bundle = result.bundle().orElseThrow();
    assertThat(Files.readString(bundle.resolve("CARD.md")))
        .contains("input 48 x 64")
        .contains("fine-tuned for 1 pass over the data, with images of 48 x 64 and 0.001 of the");
    JsonNode input =
        new ObjectMapper().readTree(bundle.resolve("model.json").toFile()).path("input");
    assertThat(input.toString()).contains("64").contains("48");
  }

  /**
   * Rendered frames and bags are made to a size: labelled at one, they can be learned at another.
   */
  @Test
  void showsPseudoLabelledFramesAsLargeAsTheStudentSeesThem() throws Exception {
    String tuning =
        CHAIN.replace(
            "student:\n", "student:\n  fine_tuning: [{epochs: 1, height: 64, width: 64}]\n");
    Heard heard = new Heard();
    JsonNode before = pseudoLabelled(run(CHAIN, "run", heard));
    JsonNode after = pseudoLabelled(run(tuning, "run", heard));
    assertThat(after.path("name")).isEqualTo(before.path("name"));
    assertThat(after.path("sha256")).isNotEqualTo(before.path("sha256"));

    assertThat(heard.said).noneMatch(line -> line.contains("shown as they were labelled"));
    RecipeRun.Result other = run(tuning.replace("width: 64", "width: 48"), "run", heard);
    assertThat(pseudoLabelled(other)).isEqualTo(before);
    assertThat(heard.said)
        .anyMatch(line -> line.contains("shown as they were labelled, 32x32; those of 48x64"));
  }

  /** What the student's training says of the frames that a teacher labelled. */
  private static JsonNode pseudoLabelled(RecipeRun.Result result) throws IOException {
    Path record = result.student().orElseThrow().folder().resolve("stage.json");
    for (JsonNode each : new ObjectMapper().readTree(record.toFile()).at("/inputs/data")) {
      if (each.path("name").asText().endsWith("+pseudo")) {
        return each;
      }
    }
    throw new AssertionError("no pseudo-labelled frames in " + record);
  }

  @Test
  void fineTunesMoreThanOnce() throws Exception {
    String once = CHAIN.replace("student:\n", "student:\n  fine_tuning: [{epochs: 1}]\n");
    String twice = once.replace("[{epochs: 1}]", "[{epochs: 1}, {epochs: 2, height: 48}]");
    assertThat(made(once)).startsWith("student-fine-tuned-1");
    Heard heard = new Heard();
    TrainedNetwork student = run(twice, "run", heard).student().orElseThrow();
    assertThat(heard.made).containsExactly("student-fine-tuned-2", "student-evaluation", "bundle");
    assertThat(heard.said).contains("Goes on from student-fine-tuned-1 after 9 steps");
    assertThat(student.steps()).isEqualTo(15);
    assertThat(student.network().height()).isEqualTo(48);
  }

  @Test
  void saysWhenFineTuningHarmed() throws Exception {
    String tuning = CHAIN.replace("student:\n", "student:\n  fine_tuning: [{epochs: 1}]\n");
    String harm = "student-fine-tuned-1 has a best score of";
    scoreOfStudent(-9);
    Heard heard = new Heard();
    run(tuning, "run", heard);
    assertThat(heard.said).noneMatch(line -> line.startsWith(harm));
    scoreOfStudent(9);
    run(tuning, "run", heard);
    assertThat(heard.said)
        .anyMatch(line -> line.startsWith(harm) && line.contains("student had 9.0000"));
  }

  private void scoreOfStudent(double score) throws IOException {
    File record = temp.resolve("run/student/stage.json").toFile();
    ObjectMapper json = new ObjectMapper();
    JsonNode stage = json.readTree(record);
    ((ObjectNode) stage.path("outcome")).put("best_score", score);
    json.writeValue(record, stage);
  }

  @Test
  void beginsWithTheWeightsOfARunABundleOrAFile() throws Exception {
    String next =
        """
        name: next
        student:
          network:
            {height: 32, width: 32, encoder_width: 0.25, decoder_width: 16, heads: [depth], weights: "%s"}
          validation: {data: [{kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 1}]}
          data: [{kind: rendered, seed: 3, rooms: 1, views: 2}]
          batch: 2
          epochs: 1
        export: {enabled: false}
        """;
    Path run = temp.resolve("run");
    Path weights = run.resolve("bundle").resolve(BundleExporter.WEIGHTS_FILE);
    List<String> made = new ArrayList<>();
    for (Path from : List.of(run, run.resolve("student"), run.resolve("bundle"), weights)) {
      Heard heard = new Heard();
      run(next.formatted(from), "next", heard);
      made.addAll(heard.made);
      if (heard.made.contains("student")) {
        assertThat(heard.said).anyMatch(line -> line.matches("Starts from .*safetensors"));
      }
    }
    // the run's and the training's are one file, and so are the bundle's and the file
    assertThat(made).filteredOn("student"::equals).hasSize(2);
    assertThatThrownBy(() -> run(next.formatted(temp), "next", new Heard()))
        .hasMessageContaining("weights: there are none in " + temp + "; name a bundle that has");
    assertThatThrownBy(() -> run(next.formatted("gone"), "next", new Heard()))
        .hasMessageContaining("weights: gone is not there (looked in ");
  }

  /** Classes of one's own begin with what a run or its bundle knows of them. */
  @Test
  void classesAreFoundAgainByTheirNames() throws Exception {
    Files.writeString(
        temp.resolve("depot.yaml"), "name: depot\nnames: [crate, floor, person, shelf]\n");
    String next =
        """
        name: next
        classes: %1$s/depot.yaml
        student:
          network:
            {height: 32, width: 32, encoder_width: 0.25, decoder_width: 16, heads: [classes], weights: "%1$s/run/%2$s"}
          validation: {score: {segmentation.miou: 1}, data: [%3$s]}
          data: [%3$s]
          batch: 2
          epochs: 1
        export: {enabled: false}
        """;
    String frames =
        "{kind: rgbd, root: %s, images: rgb, labels: labels/cvat_mask_1.1/SegmentationClass}"
            .formatted(Prerequisites.shared("formats"));
    for (String from : List.of("student", "bundle")) {
      Heard heard = new Heard();
      run(next.formatted(temp, from, frames), "next", heard);
      assertThat(heard.said)
          .anyMatch(
              line ->
                  line.startsWith("Starts from ")
                      && line.endsWith("; it knows 1 of the 4 classes by their names"));
    }
  }

  /** What weights learned from is part of what their heirs learned from. */
  @Test
  void aCardSaysWhatItsNetworkBeganWith() throws Exception {
    String recipe =
        """
        name: %s
        student:
          network: {height: 32, width: 32, encoder_width: 0.25, decoder_width: 16%s}
          validation: {data: [{kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 1}]}
          data: [{kind: rendered, seed: %d, rooms: 1, views: 2}]
          batch: 2
          epochs: 1
        """;
    run(recipe.formatted("first", "", 3), "first", new Heard());
    String card = begun(recipe, "second", temp.resolve("first/bundle"), 4);
    assertThat(card)
        .contains("; it began with the weights of `first` 1.\n")
        .contains("- `rendered-3-rooms-0-0` (earlier-training, 2 frames, sha256 ")
        .contains("- `rendered-4-rooms-0-0` (training, 2 frames, sha256 ")
        .doesNotContain("the encoder began", "had a part in it");
    assertThat(begun(recipe, "third", temp.resolve("second"), 5))
        .contains("; it began with the weights of `second`.\n")
        .contains("- `rendered-3-rooms-0-0` (earlier-training, 2 frames, sha256 ")
        .contains("- `rendered-4-rooms-0-0` (earlier-training, 2 frames, sha256 ")
        .doesNotContain("earlier-earlier");
    Path bare = temp.resolve("elsewhere/some.safetensors");
    Files.createDirectory(bare.getParent());
    Files.copy(temp.resolve("first/bundle").resolve(BundleExporter.WEIGHTS_FILE), bare);
    assertThat(begun(recipe, "fourth", bare, 6))
        .contains("; it began with the weights of `some.safetensors`.\n")
        .contains("- unknown data of some.safetensors (earlier-training)\n")
        .contains("had a part in it (`some.safetensors`); their licences may have terms");
    // Its heirs do not know either, and what goes on from itself forgets nothing.
    assertThat(begun(recipe, "heir", temp.resolve("fourth/bundle"), 4))
        .contains("; it began with the weights of `fourth` 1.\n")
        .contains("had a part in it (`some.safetensors`); their licences may have terms");
    assertThat(begun(recipe, "second", temp.resolve("second"), 8))
        .contains("- `rendered-3-rooms-0-0` (earlier-training, 2 frames, sha256 ")
        .contains("- `rendered-4-rooms-0-0` (earlier-training, 2 frames, sha256 ");

    Path foreign = temp.resolve("second/bundle").resolve(BundleExporter.WEIGHTS_FILE);
    Files.copy(bare, foreign, StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> begun(recipe, "exchanged", foreign.getParent(), 7))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("student: weights: ")
        .hasMessageContaining(" was exchanged: model.json in ");

    String other = recipe.formatted("fifth", ", encoder: resnet18, weights: \"%s\"", 7);
    assertThatThrownBy(() -> run(other.formatted(bare), "fifth", new Heard()))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("student: weights: " + bare + " is of another network")
        .hasMessageEndingWith(
            "; only heads may differ; with encoder: torchvision or tensorflow they fit");
  }

  private String begun(String recipe, String name, Path weights, int seed) throws Exception {
    String from = ", weights: \"%s\"".formatted(weights);
    run(recipe.formatted(name, from, seed), name, new Heard());
    return Files.readString(temp.resolve(name).resolve("bundle/CARD.md"));
  }

  /** A run may go on from itself: its links then lead to what is being made. */
  @Test
  void goesOnFromTheRunOfItsOwnName() throws Exception {
    String recipe =
        """
        name: again
        student:
          network: {height: 32, width: 32, encoder_width: 0.25, decoder_width: 16, heads: [depth]%s}
          validation: {data: [{kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 1}]}
          data: [{kind: rendered, seed: 3, rooms: 1, views: 2}]
          batch: 2
          epochs: 1
        export: {enabled: false}
        """;
    run(recipe.formatted(""), "again", new Heard());
    Heard heard = new Heard();
    run(recipe.formatted(", weights: \"%s\"".formatted(temp.resolve("again"))), "again", heard);
    assertThat(heard.made).contains("student");
    assertThat(heard.said).anyMatch(line -> line.matches("Starts from .*safetensors"));
  }

  @Test
  void fineTunesATeacherBeforeItLabels() throws Exception {
    assertThat(
            made(
                CHAIN.replace(
                    "teacher:\n",
                    "teacher:\n  fine_tuning: [{epochs: 2, height: 48, width: 48}]\n")))
        .startsWith("teacher-1-fine-tuned-1", "teacher-1-evaluation", "pseudo-labels-1", "student")
        .doesNotContain("teacher-1");
  }

  @Test
  void fineTuningGoesOnWhereItWasStopped() throws Exception {
    String tuning =
        CHAIN.replace("student:\n", "student:\n  fine_tuning: [{epochs: 2, height: 64}]\n");
    RecipeRun.Result whole = run(tuning, "run", new Heard());
    Heard stopping = new Heard("student-fine-tuned-1", 1);
    store = temp.resolve("other-store");
    assertThat(run(tuning, "other", stopping).stoppedIn()).isEqualTo("student-fine-tuned-1");
    assertThat(run(tuning, "other", new Heard()).student().orElseThrow().checkpointSha256())
        .isEqualTo(whole.student().orElseThrow().checkpointSha256());
  }

  @Test
  void adjustsATeacherBeforeItLabels() throws Exception {
    assertThat(made(CHAIN.replace("teacher:\n", "teacher:\n  logit_adjustment: 2\n")))
        .startsWith("teacher-1-adjusted", "teacher-1-evaluation", "pseudo-labels-1")
        .doesNotContain("teacher-1");
  }

  @Test
  void needsLabelsForLogitAdjustment() throws Exception {
    String unlabelled =
        CHAIN
            .replace(
                "student:\n", "student:\n  logit_adjustment: 0.5\n  losses: {soft_weight: 1}\n")
            .replace(
                "    - {kind: rendered, seed: 3, rooms: 2, views: 2}\n    - {kind: pseudo_labels}",
                "    - {kind: pseudo_labels, hard: false}")
            .replace("threshold: 0.2", "soft: true");
    assertThatThrownBy(() -> made(unlabelled))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("student-adjusted: logit_adjustment needs the classes' shares");
    // What the teacher's distribution taught until then is in the log like every loss.
    try (Stream<Path> files = Files.walk(temp)) {
      assertThat(files.filter(each -> each.endsWith("steps.jsonl")).map(RecipeChainTest::text))
          .anyMatch(log -> log.contains("\"segmentation.soft\":"));
    }
  }

  @Test
  void namesALabelThatVanishedAndTheStageThatNeedsIt() throws Exception {
    Path file = temp.resolve("run/pseudo-labels-1/labels/00001.png").toRealPath();
    Files.delete(file);
    assertThat(made(CHAIN)).isEmpty();
    assertThatThrownBy(() -> made(CHAIN.replace("student:\n", "student:\n  class_balance: 1\n")))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("student: it needs what pseudo-labels-1 wrote")
        .hasMessageContaining(file.toString());
  }

  @Test
  void namesLabelsThatWereChangedSince() throws Exception {
    Path file = temp.resolve("run/pseudo-labels-1/labels/00001.png").toRealPath();
    BufferedImage image = ImageIO.read(file.toFile());
    image.getRaster().setSample(0, 0, 0, image.getRaster().getSample(0, 0, 0) ^ 1);
    ImageIO.write(image, "png", file.toFile());
    assertThatThrownBy(() -> made(CHAIN.replace("student:\n", "student:\n  class_balance: 1\n")))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("student: it needs what pseudo-labels-1 wrote")
        .hasMessageContaining("are not those that its manifest.json was written with");
  }

  @Test
  void usesATeacherThatIsTrainedAlready() throws Exception {
    String trained =
        CHAIN
            .replace(
                "teacher:\n",
                "teacher:\n  trained: [%s]\n".formatted(temp.resolve("run/teacher-1")))
            .replace("name: chain", "name: taught");
    Heard heard = new Heard();
    RecipeRun.Result result = run(trained, "taught", heard);
    assertThat(heard.made).containsExactly("bundle");
    assertThat(result.teachers()).extracting(TrainedNetwork::name).containsExactly("teacher-1");

    assertThatThrownBy(
            () -> run(trained.replace("seed: 3", "seed: 5") + "classes: nyu40\n", "other", heard))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("is a teacher of the classes nyu13, the recipe's are nyu40");
    String labels = trained.replace("run/teacher-1", "run/pseudo-labels-1");
    assertThatThrownBy(() -> run(labels, "other", heard))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("holds what came of a stage of kind pseudo-labels, which is no");
    assertThatThrownBy(() -> run(trained.replace("run/teacher-1", "run"), "other", heard))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("holds no finished training; name the folder of a finished training");
  }

  @Test
  void letsTrainedTeachersThatSeeLessLabelToo() throws Exception {
    String both =
        CHAIN
            .replace(
                "teacher:\n",
                "teacher:\n  trained: [%s, %s]\n"
                    .formatted(temp.resolve("run/teacher-1"), temp.resolve("run/student")))
            .replace("name: chain", "name: taught");
    Heard heard = new Heard();
    RecipeRun.Result result = run(both, "taught", heard);
    assertThat(heard.made).contains("pseudo-labels-1");
    assertThat(result.teachers())
        .extracting(teacher -> teacher.network().extra())
        .containsExactly(ExtraInput.of("depth"), ExtraInput.NONE);

    assertThatThrownBy(
            () ->
                run(
                    both.replace("run/teacher-1", "run/swap")
                        .replace("run/student", "run/teacher-1")
                        .replace("run/swap", "run/student"),
                    "other",
                    heard))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("sees depth, which")
        .hasMessageEndingWith("name the teacher first that sees all that the others see");
  }

  @Test
  void findsAWrongLayerBeforeTheFirstStageBegins() {
    Heard heard = new Heard();
    String wrong =
        CHAIN.replace(
            "student:\n",
            "student:\n  optimiser: {groups: [{prefix: extra_encoder., learning_rate: 1.0e-4}]}\n");
    store = temp.resolve("nothing");
    assertThatThrownBy(() -> run(wrong, "wrong", heard))
        .hasMessageContaining("student: optimiser.groups")
        .hasMessageContaining("extra_encoder.")
        .hasMessageContaining("[decoder., encoder., heads.]");
    assertThat(heard.made).isEmpty();
  }

  @Test
  void waitsForAStageThatAnotherRunIsMaking() throws Exception {
    record Nothing() {}

    Stage<Nothing> stage = Stage.of("training", Canonical.object(), Nothing.class);
    CountDownLatch waits = new CountDownLatch(1);
    CompletableFuture<Boolean> taken;
    try (StageFolder held =
        new StageStore(store).take(stage, new StopSignal(), message -> {}).orElseThrow()) {
      taken =
          CompletableFuture.supplyAsync(
              () -> {
                try (StageFolder mine =
                    new StageStore(store)
                        .take(stage, new StopSignal(), message -> waits.countDown())
                        .orElseThrow()) {
                  return mine.record().finished();
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      waits.await();
      assertThat(taken).isNotDone();
      held.finish(Canonical.object());
    }
    assertThat(taken.get()).isTrue();
  }

  private JsonNode record(String folder) throws IOException {
    return new ObjectMapper().readTree(temp.resolve(folder).resolve("run.json").toFile());
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
