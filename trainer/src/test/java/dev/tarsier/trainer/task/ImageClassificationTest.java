package dev.tarsier.trainer.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.ros.bag.BagCompression;
import dev.tarsier.ros.replay.Replay;
import dev.tarsier.ros.replay.ReplayOptions;
import dev.tarsier.runtime.inference.InferenceSession;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SelfTest;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.runtime.model.Bundle;
import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.recipe.RecipeRun;
import dev.tarsier.trainer.render.RenderOptions;
import dev.tarsier.trainer.render.RenderedBag;
import dev.tarsier.trainer.render.SceneSequence;
import dev.tarsier.trainer.run.StopSignal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageClassificationTest {
  /** More characters than a byte can number; no image is labelled for both tasks. */
  private static final String TWO =
      """
      name: two
      student:
        network: {kind: lenet, height: 32, width: 32, heads: [digit_class, character_class]}
        data:
          - {kind: rendered_glyphs, glyphs: digits, images: 300, per_epoch: 150}
          - {kind: rendered_glyphs, glyphs: characters, characters: 300, images: 300, per_epoch: 150}
        validation:
          score: {digit_class.accuracy: 1, character_class.top5: 1}
          data:
            - {kind: rendered_glyphs, glyphs: digits, first_image: 3000, images: 40}
            - {kind: rendered_glyphs, glyphs: characters, characters: 300, first_image: 3000, images: 300}
        augmentation: {flip: 0, min_scale: 1, max_scale: 1}
        optimiser: {kind: adam, learning_rate: 0.003, weight_decay: 0}
        losses: {character_class_weight: 0.5}
        batch: 30
        epochs: 2
      export: {golden_frames: 1}
      """;

  private static final String ROOM =
      """
      name: room
      CLASSES
      student:
        network: {height: 48, width: 64, heads: [depth, room_class]}
        data: [{kind: rendered, rooms: 1}]
        validation: {data: [{kind: rendered, first_room: 9, rooms: 1}]}
      """;

  @TempDir private Path temp;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  private static JsonNode line(Path file, int number) throws Exception {
    return new ObjectMapper().readTree(Files.readAllLines(file).get(number));
  }

  @Test
  void twoTasksAreLearnedExportedAndRun() throws Exception {
    Path out = temp.resolve("run");
    Path file = Files.writeString(temp.resolve("recipe.yaml"), TWO);
    RecipeRun.Result result =
        RecipeRun.run(
            new RecipeRun.Request(file, out, null, false, List.of()),
            new StopSignal(),
            new PrintStream(said, true, StandardCharsets.UTF_8),
            false);
    String told = said.toString(StandardCharsets.UTF_8);
    assertThat(result.finished()).as(told).isTrue();
    assertThat(told).contains("digit_class differs by at most", "character_class differs");
    JsonNode first = line(out.resolve("student/steps.jsonl"), 0);
    JsonNode last = line(out.resolve("student/steps.jsonl"), 19);
    for (String task : List.of("digit_class", "character_class")) {
      assertThat(last.path(task).asDouble()).isPositive().isLessThan(first.path(task).asDouble());
    }

    Bundle bundle = Bundle.load(out.resolve("bundle"));
    ImageClass characters = (ImageClass) bundle.manifest().outputs().get("character_class").kind();
    assertThat(characters.classes())
        .hasSize(300)
        .extracting(ClassLabel::name)
        .endsWith("character 299");
    assertThat(bundle.manifest().provenance().metrics())
        .extracting(each -> each.values().keySet().iterator().next())
        .startsWith("digit_class.accuracy", "character_class.accuracy");
    double score =
        bundle.manifest().provenance().metrics().get(0).values().get("digit_class.accuracy")
            + bundle.manifest().provenance().metrics().get(1).values().get("character_class.top5");
    assertThat(told)
        .as("each figure of the first data set that has it")
        .contains("score %.4f (best)".formatted(score));
    try (InferenceSession session =
        InferenceSession.open(bundle, SessionOptions.of(ProviderPreference.cpu()))) {
      assertThat(SelfTest.run(session, bundle).failure()).isEmpty();
      Plane scores = session.plane("digit_class");
      double sum = 0;
      for (int c = 0; c < 10; c++) {
        sum += scores.values().get(c);
      }
      assertThat(sum).isCloseTo(1, within(1e-5));
    }
    replays(out.resolve("bundle"));
  }

  private void replays(Path bundle) throws Exception {
    Path bag = temp.resolve("rooms.bag");
    SceneSequence rooms = new SceneSequence(4, RenderOptions.training(64, 48).withFramesPerRoom(1));
    try (RenderedBag writer =
        new RenderedBag(bag, RenderedBag.DepthEncoding.METRES_32F, BagCompression.NONE)) {
      writer.add(rooms.frame(0));
      writer.finish();
    }
    Path report = temp.resolve("report");
    Replay.run(ReplayOptions.of(bag, bundle, report), (done, total) -> {});
    assertThat(report.resolve(Replay.HTML)).exists();
  }

  private static Recipe room(String classes) {
    return Recipe.parse(ROOM.replace("CLASSES", classes), "room.yaml");
  }

  @Test
  void aRecipeNamesTheClasses() {
    Recipe recipe = room("classes: {images: {room_class: [kitchen, office]}}");
    assertThat(recipe.classes().id()).isEqualTo("nyu13");
    Task task = recipe.student().network().tasks(recipe.classes()).outputs().get(1);
    assertThat(task.head().kind()).isInstanceOf(ImageClass.class);
    assertThat(task.channels()).isEqualTo(2);
    assertThat(Recipe.parse(recipe.yaml(), "again.yaml")).isEqualTo(recipe);
    assertThat(room("classes: {pixels: nyu40, images: {room_class: [kitchen]}}").classes().size())
        .isEqualTo(40);
  }

  @Test
  void dataNamesTheClassesUnlessTheRecipeDoes() {
    assertThat(Recipe.parse(TWO, "two.yaml").classes().images().get("digit_class"))
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    String own = "classes: {images: {digit_class: [o, i, z, E, h, s, b, t, B, q]}}\n";
    assertThat(Recipe.parse(own + TWO, "two.yaml").classes().images().get("digit_class"))
        .startsWith("o", "i");
    assertThatThrownBy(
            () -> Recipe.parse("classes: {images: {digit_class: [one, two]}}\n" + TWO, "two.yaml"))
        .hasMessageContaining("classes.images.digit_class names 2 classes, but data has 10");
    assertThatThrownBy(
            () -> Recipe.parse(TWO.replaceFirst("characters: 300", "characters: 9"), "two.yaml"))
        .hasMessageContaining("two data sets have different classes of character_class (9,")
        .hasMessageContaining("and 300,");
  }

  @Test
  void saysWhichHeadHasNoClasses() {
    assertThatThrownBy(() -> room(""))
        .hasMessageContaining("room.yaml: student.network.heads: room_class has no classes")
        .hasMessageContaining("classes: {images: {room_class: [first, second, …]}}");
    assertThatThrownBy(() -> room("classes: {images: {rooms: [kitchen]}}"))
        .hasMessageContaining("a class of the image as a whole is called <name>_class");
    assertThatThrownBy(() -> room("classes: {images: {room_class: [kitchen, kitchen]}}"))
        .hasMessageContaining("images.room_class")
        .hasMessageContaining("unique");
    assertThatThrownBy(() -> Recipe.parse(TWO.replace("[digit_class,", "[digits,"), "two.yaml"))
        .hasMessageContaining("<name>_class, got 'digits'");
    assertThatThrownBy(
            () -> Recipe.parse(TWO.replace("digit_class.accuracy", "digit_class.miou"), "two.yaml"))
        .hasMessageContaining("score has no figure 'digit_class.miou'");
  }

  @Test
  void otherTasksOfANetworkDoNotChangeWhatOneIsHashedBy() {
    Recipe both = Recipe.parse(TWO, "two.yaml");
    Recipe more = Recipe.parse("classes: {images: {room_class: [kitchen]}}\n" + TWO, "two.yaml");
    assertThat(more.trainings().get("student").key())
        .isEqualTo(both.trainings().get("student").key());
    assertThat(List.copyOf(both.classes().images().keySet()))
        .containsExactly("character_class", "digit_class");
  }
}
