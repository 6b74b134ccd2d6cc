package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.accuracy.ScoredPixels;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.pipeline.Perceiver;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.dataset.CachedSource;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.Scores;
import dev.tarsier.trainer.network.Safetensors;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedFolder;
import dev.tarsier.trainer.render.RenderedSource;
import dev.tarsier.trainer.render.SceneSequence;
import dev.tarsier.trainer.run.RunFolder;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Task;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeRunTest {
  private static final String TINY =
      """
      name: tiny
      student:
        network: {height: 48, width: 64, encoder_width: 0.25, decoder_width: 16}
        data:
          - {kind: rendered, seed: 3, rooms: 2, views: 2}
          - {kind: nyu_folder, root: nowhere, split: all, optional: true}
        validation:
          data:
            - {kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 2}
        batch: 2
        epochs: 2
      export: {golden_frames: 1}
      """;

  @TempDir private Path temp;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  private RecipeRun.Result run(String recipe, Path out) throws Exception {
    Path file = Files.writeString(temp.resolve("recipe.yaml"), recipe);
    return RecipeRun.run(
        new RecipeRun.Request(file, out, null, false, List.of()),
        new StopSignal(),
        new PrintStream(said, true, StandardCharsets.UTF_8),
        false);
  }

  /** Scores a bundle as a robot runs it. */
  private static Scores scores(Bundle bundle, SampleSource source) throws Exception {
    List<Task> tasks =
        List.of(Segmentation.of(ClassSet.NYU_13), new Depth(MetricMap.metres(0, 10)));
    Scores scores = new Scores(tasks, ScoredPixels.FULL);
    FramePool pool = new FramePool(1);
    try (Perceiver perceiver = new Perceiver(bundle, ProviderPreference.cpu(), 1)) {
      for (int i = 0; i < source.size(); i++) {
        Sample sample = source.get(i);
        int width = sample.width();
        int height = sample.height();
        try (Frame frame = pool.acquire()) {
          frame.prepare(sample.rgb().length).put(0, sample.rgb());
          frame.describe(PixelEncoding.RGB8, width, height, 3 * width, 0, 0, "", i);
          Scene scene = perceiver.perceive(frame);
          for (Task task : tasks) {
            scores.add(task, sample, scene.plane(task.id()));
          }
        }
      }
    }
    return scores;
  }

  /** From a folder in NYU's layout to what a robot says of the pixels. */
  @Test
  void trainsAUsersOwnClasses() throws Exception {
    RenderedFolder folder = new RenderedFolder(temp.resolve("own"));
    SceneSequence sequence =
        new SceneSequence(4, RenderOptions.training(64, 48).withFramesPerRoom(1));
    for (int i = 0; i < 4; i++) {
      folder.add(sequence.frame(i), i > 1);
    }
    folder.finish();
    String recipe =
        """
        name: own
        classes:
          name: kitchen
          names: [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, wall, pane]
          label_folder: label13
        student:
          network: {height: 48, width: 64, encoder_width: 0.25, decoder_width: 16}
          data: [{kind: nyu_folder, root: ROOT, split: train}]
          validation:
            data: [{kind: nyu_folder, root: ROOT, split: val}]
          batch: 2
        export: {golden_frames: 1}
        """
            .replace("ROOT", temp.resolve("own").toString());
    Path out = temp.resolve("run");
    assertThat(run(recipe, out).finished()).isTrue();
    ClassMap kind =
        (ClassMap)
            Bundle.load(out.resolve("bundle")).manifest().outputs().get("segmentation").kind();
    assertThat(kind.classes()).extracting(ClassLabel::name).hasSize(13).endsWith("wall", "pane");
    assertThat(kind.classes()).extracting(ClassLabel::color).doesNotHaveDuplicates();
    assertThat(out.resolve("bundle/CARD.md"))
        .content()
        .contains("one of the 13 classes of kitchen");

    // Another name is another training, though the number of classes is the same.
    Map<Object, Long> first = Recipe.read(out.resolve("recipe.yaml")).steps();
    Path other = Files.writeString(temp.resolve("other.yaml"), recipe.replace("pane", "glass"));
    assertThat(Recipe.read(other).classes().names()).contains("glass");
    assertThat(Recipe.read(other).steps().keySet()).isNotEqualTo(first.keySet());
  }

  @Test
  void namesWhatIsWrongWithAUsersOwnClasses() throws Exception {
    for (String[] wrong :
        new String[][] {
          {"{names: [a, b]}", "name must be letters"},
          {"{name: nyu13, names: [a, b]}", "that of a known set"},
          {"{name: mine}", "names is missing"},
          {"{name: mine, names: [a, a]}", "names must be unique"},
          {"{name: mine, names: [a], colors: [red]}", "colors must be like '#1F77B4', got 'red'"},
          {"{name: mine, names: [a], color: []}", "colors"},
        }) {
      Path file = Files.writeString(temp.resolve("r.yaml"), "classes: " + wrong[0] + "\n" + TINY);
      assertThatThrownBy(() -> Recipe.read(file))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("r.yaml:1")
          .hasMessageContaining("classes")
          .hasMessageContaining(wrong[1]);
    }
  }

  /** One file and one line each, in the tests; nothing else knows of them. */
  @Test
  void trainsAndExportsAnArchitectureThatTheProductDoesNotHave() throws Exception {
    Path out = temp.resolve("run");
    String recipe =
        TINY.replace("encoder_width: 0.25, decoder_width: 16", "kind: tiny, channels: 6")
            .replace("  batch: 2", "  balance: {kind: random_weights}\n  batch: 2");
    assertThat(run(recipe, out).finished()).isTrue();
    assertThat(Bundle.load(out.resolve("bundle")).manifest().outputs())
        .containsOnlyKeys("segmentation", "depth");
    assertThat(said.toString(StandardCharsets.UTF_8)).contains("classes agree on");
    assertThat(Safetensors.metadata(out.resolve("student/last.safetensors")))
        .containsEntry("network", "tiny")
        .containsKey("random_weights.draws");
    assertThat(Safetensors.read(out.resolve("student/last.safetensors")))
        .containsKeys("model.encoder.first.weight", "model.heads.depth.out.bias");
  }

  @Test
  void goesFromDataToABundleThatScoresAsItsCardSays() throws Exception {
    Path out = temp.resolve("run");
    RecipeRun.Result result = run(TINY, out);

    assertThat(result.finished()).isTrue();
    assertThat(result.stepsDone()).isEqualTo(4);
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("nowhere is not there")
        .contains("going on without it")
        .contains("no pixel of the training data is ")
        .contains("no pixel of the validation data ")
        .contains("one by one and 2 at once: classes agree on");
    assertThat(out.resolve("student/curves.html")).content().contains("data:image/png;base64,");
    JsonNode record = new ObjectMapper().readTree(out.resolve("run.json").toFile());
    assertThat(record.path("state").asText()).isEqualTo("exported");
    assertThat(record.path("data")).hasSize(2);

    Bundle bundle = Bundle.load(out.resolve("bundle"));
    BundleManifest manifest = bundle.manifest();
    assertThat(manifest.provenance().recipeSha256())
        .isEqualTo(record.path("recipe_sha256").asText());
    CachedSource validation =
        new CachedSource(
            new RenderedSource(3, 1000, 1, RenderOptions.training(64, 48).withFramesPerRoom(2)));
    Map<String, Double> measured = scores(bundle, validation).values();
    Map<String, Double> stated = manifest.provenance().metrics().get(0).values();
    // The network in PyTorch against the bundle in ONNX Runtime.
    assertThat(measured.get("depth.rmse")).isCloseTo(stated.get("depth.rmse"), within(1e-3));
    assertThat(measured.get("segmentation.pixel_accuracy"))
        .isCloseTo(stated.get("segmentation.pixel_accuracy"), within(1e-3));
    assertThat(out.resolve("bundle/CARD.md")).content().contains("depth.rmse");

    assertThatThrownBy(() -> run(TINY.replace("name: tiny", "name: other"), out))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holds the run of recipe 'tiny', not of 'other'");
  }

  @Test
  void stopsWhereNoPixelHasAnyClass() throws Exception {
    for (String file : List.of("rgb/0001.jpg", "depth/0001.png", "label13/0001.png")) {
      int type = file.startsWith("rgb") ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY;
      Path path = temp.resolve("nyu").resolve(file);
      Files.createDirectories(path.getParent());
      ImageIO.write(
          new BufferedImage(64, 48, type), file.substring(file.length() - 3), path.toFile());
    }
    Files.createDirectories(temp.resolve("nyu/splits"));
    Files.writeString(temp.resolve("nyu/splits/all.txt"), "0001\n");
    String blank =
        TINY.replace("root: nowhere", "root: nyu")
            .replace("    - {kind: rendered, seed: 3, rooms: 2, views: 2}\n", "");
    assertThatThrownBy(() -> run(blank, temp.resolve("run")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no pixel of the training data has any class of nyu13");
  }

  @Test
  void stopsWhereANetworkIsShownDepthThatIsNowhere() {
    String seeing =
        TINY.replace("decoder_width: 16", "decoder_width: 16, heads: [classes], extra: depth")
            .replace("export: {golden_frames: 1}", "export: {enabled: false}");
    String blind = seeing.replace("rooms: 2, views: 2", "rooms: 2, views: 2, depth: false");
    assertThatThrownBy(() -> run(blind, temp.resolve("run")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("extra is depth, but no frame of the training data has depth");
    String later = seeing.replace("rooms: 1, views: 2", "rooms: 1, views: 2, depth: false");
    assertThatThrownBy(() -> run(later, temp.resolve("run")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no frame of the validation data rendered-3-rooms-1000-1000");
    assertThat(temp.resolve("run/student/last.safetensors")).doesNotExist();
  }

  @Test
  void tellsOfFiguresThatCountAndCannotBeMeasured() throws Exception {
    run(
        TINY.replace("rooms: 1, views: 2", "rooms: 1, views: 2, labels: false")
            .replace("export: {golden_frames: 1}", "export: {enabled: false}"),
        temp.resolve("run"));
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("has no labels; the best epoch is chosen without segmentation.miou");
  }

  @Test
  void tellsOfWeightsForHeadsThatTheNetworkLacks() throws Exception {
    run(
        TINY.replace("  batch: 2\n", "  batch: 2\n  losses: {normals_weight: 5, depth_weight: 2}\n")
            .replace("export: {golden_frames: 1}", "export: {enabled: false}"),
        temp.resolve("run"));
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("losses.normals_weight changes nothing here: the network has no such head, only")
        .doesNotContain("depth_weight");
  }

  @Test
  void namesClassesThatOneOfTwoDataSetsLacks() throws Exception {
    run(
        TINY.replace(
                "rooms: 2, views: 2}\n",
                "rooms: 2, views: 2}\n    - {kind: rendered, seed: 4, rooms: 1, views: 1}\n")
            .replace("export: {golden_frames: 1}", "export: {enabled: false}"),
        temp.resolve("run"));
    assertThat(said.toString(StandardCharsets.UTF_8))
        .containsPattern("no pixel of rendered-4-rooms-0-0 is .*; the network learns of them from");
  }

  @Test
  void stopsBeforeTrainingWhatNothingCanJudge() throws Exception {
    String classes =
        TINY.replace("decoder_width: 16", "decoder_width: 16, heads: [classes]")
            .replace("export: {golden_frames: 1}", "export: {enabled: false}");
    String unlabelled = classes.replace("rooms: 1, views: 2", "rooms: 1, views: 2, labels: false");
    String byDepth =
        classes.replace("  validation:\n", "  validation:\n    score: {miou: 0, depth_rmse: -1}\n");
    for (String recipe : List.of(unlabelled, byDepth)) {
      assertThatThrownBy(() -> run(recipe, temp.resolve("run")))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("heads classes ")
          .hasMessageContaining("rendered-3-rooms-1000-1000")
          .hasMessageContaining("give other validation data");
      assertThat(temp.resolve("run/student/last.safetensors")).doesNotExist();
      JsonNode record = new ObjectMapper().readTree(temp.resolve("run/run.json").toFile());
      assertThat(record.path("state").asText()).isEqualTo("failed");
    }
  }

  @Test
  void findsAStudentWithoutJudgeBeforeItsTeacherIsTrained() {
    String chain =
        """
        name: chain
        teacher:
          network: {height: 48, width: 64, encoder_width: 0.25, decoder_width: 16, extra: depth, heads: [classes]}
          data: [{kind: rendered, seed: 3, rooms: 2, views: 2}]
          validation: {data: [{kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 2}]}
          batch: 2
          epochs: 1
        pseudo_labels: {data: [{kind: rendered, seed: 5, rooms: 1, views: 2, labels: false}]}
        student:
          network: {height: 48, width: 64, encoder_width: 0.25, decoder_width: 16, heads: [classes]}
          data: [{kind: pseudo_labels}]
          validation: {data: [{kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 2, labels: false}]}
          batch: 2
          epochs: 1
        export: {enabled: false}
        """;
    assertThatThrownBy(() -> run(chain, temp.resolve("run")))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("student: ")
        .hasMessageContaining("rendered-3-rooms-1000-1000");
    assertThat(temp.resolve("run/teacher-1/last.safetensors")).doesNotExist();
  }

  @Test
  void namesFramesThatAreInTrainingAndInValidation() throws Exception {
    run(
        TINY.replace("first_room: 1000, rooms: 1", "first_room: 1, rooms: 2")
            .replace("export: {golden_frames: 1}", "export: {enabled: false}"),
        temp.resolve("run"));
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains(
            "2 of the 4 frames of the validation data rendered-3-rooms-1-2 are in the training data");
  }

  @Test
  void saysWhereItLookedForDataThatIsNotThere() {
    assertThatThrownBy(() -> run(TINY.replace(", optional: true", ""), temp.resolve("run")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nowhere is not there")
        .hasMessageContaining(temp.resolve("nowhere").toString())
        .hasMessageContaining("optional: true");
  }

  /** Depth in one stream, classes in the other; the frames of no room are in both. */
  private static final String DISJOINT =
      """
      name: disjoint
      student:
        network: {height: 48, width: 64, encoder_width: 0.25, decoder_width: 16}
        streams:
          - {name: labels, data: [{kind: rendered, seed: 3, rooms: 2, views: 2, depth: false}]}
          - {name: depth, data: [{kind: rendered, seed: 3, first_room: 2, rooms: 3, views: 2, labels: false}]}
        validation:
          data:
            - {kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 2}
        batch: 2
      export: {enabled: false}
      """;

  private List<String> learned(Path out) throws IOException {
    return RunFolder.lines(out.resolve("student/steps.jsonl")).stream()
        .map(
            line ->
                (line.path(Segmentation.ID).asDouble() > 0 ? "classes" : "")
                    + (line.path(Depth.ID).asDouble() > 0 ? "depth" : ""))
        .toList();
  }

  @Test
  void trainsOnStreamsThatTakeTurns() throws Exception {
    Path byStep = temp.resolve("by-step");
    run(DISJOINT, byStep);
    assertThat(learned(byStep)).containsExactly("classes", "depth", "classes", "depth", "classes");
    Path byEpoch = temp.resolve("by-epoch");
    run(DISJOINT.replace("batch: 2", "batch: 2\n  alternate: epoch"), byEpoch);
    assertThat(learned(byEpoch)).containsExactly("classes", "classes", "depth", "depth", "depth");
    // Whose turn it is decides what is learned, what streams are called does not.
    assertThat(byEpoch.resolve("student").toRealPath().getFileName())
        .isNotEqualTo(byStep.resolve("student").toRealPath().getFileName());
    Path renamed = temp.resolve("renamed");
    run(DISJOINT.replace("name: labels", "name: rooms"), renamed);
    assertThat(renamed.resolve("student").toRealPath().getFileName())
        .isEqualTo(byStep.resolve("student").toRealPath().getFileName());
  }

  private void refusesStreams(String from, String to, String... said) {
    assertThat(DISJOINT).contains(from);
    assertThatThrownBy(() -> run(DISJOINT.replace(from, to), temp.resolve("run")))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("student: streams: ")
        .hasMessageContainingAll(said);
    assertThat(temp.resolve("run/student/last.safetensors")).doesNotExist();
  }

  @Test
  void stopsWhereStreamsShareFrames() {
    refusesStreams(
        "first_room: 2",
        "first_room: 1",
        "2 frames of stream depth are in stream labels too",
        "part");
  }

  @Test
  void stopsWhereNoHeadLearnsFromAStream() {
    refusesStreams(
        "depth: false",
        "depth: false, labels: false",
        "no frame of stream labels has",
        "no head of the network learns from it");
  }

  @Test
  void stopsWhereAStreamFillsNoBatch() {
    refusesStreams(
        "rooms: 2, views: 2",
        "rooms: 1, views: 1",
        "an epoch of stream labels fills no batch of 2, it has 1 of the frames");
  }

  @Test
  void stopsWhereAStreamIsNotThere() {
    refusesStreams(
        "{kind: rendered, seed: 3, rooms: 2, views: 2, depth: false}",
        "{kind: nyu_folder, root: nowhere, split: all, optional: true}",
        "stream labels has no data that is there");
  }
}
