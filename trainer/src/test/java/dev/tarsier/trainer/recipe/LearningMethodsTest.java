package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.objective.Balancer;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.RunFolder;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.training.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Methods to learn with, as words of a recipe, on frames of which none has every label. */
class LearningMethodsTest {
  private static final String RECIPE =
      """
      name: methods
      student:
        network:
          {height: 32, width: 32, encoder_width: 0.25, decoder_width: 16, heads: [classes, depth, normals]}
        data:
          - {kind: rendered, seed: 3, rooms: 1, views: 2, labels: false}
          - {kind: rendered, seed: 4, rooms: 1, views: 2, depth: false}
        validation:
          data: [{kind: rendered, seed: 3, first_room: 1000, rooms: 1, views: 1}]
          score: {segmentation.miou: 1, depth.rmse: -0.25, normals.mean: -0.01}
        batch: 2
        epochs: 1
      export: {enabled: false}
      """;

  /** Methods share a store: frames and teachers are made once for all of them. */
  @TempDir private static Path all;

  private static String with(String section) {
    return RECIPE.replace("  batch: 2", "  " + section + "\n  batch: 2");
  }

  private record Made(RecipeRun.Result result, List<String> stages, List<String> notes) {}

  private static Made run(String yaml, Path folder) throws Exception {
    return run(yaml, folder, folder.resolve("store"));
  }

  private static Made run(String yaml, Path folder, Path store) throws Exception {
    List<String> stages = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    RecipeListener listener =
        new RecipeListener() {
          @Override
          public void note(String message) {
            notes.add(message);
          }

          @Override
          public void began(String stage, Path at) {
            stages.add(stage);
          }
        };
    Path run = folder.resolve("run");
    RecipeRun.Result result =
        RecipeRun.run(
            Recipe.parse(yaml, "recipe.yaml"),
            run,
            new StageStore(store),
            new DataSetRegistry(new PathResolver(run.resolve("recipe.yaml"), Map.of())),
            new StopSignal(),
            listener);
    return new Made(result, stages, notes);
  }

  static Stream<String> methods() {
    return Stream.concat(
        new Balancer.Registered()
            .all().stream().map(each -> "balance: {kind: %s}".formatted(each.kind())),
        Stream.of(
            "distill: {kind: features}",
            "distill: {kind: teacher_annealing}",
            "consistency: {between: [classes, depth]}",
            "consistency: {between: [classes, depth], form: code}",
            "consistency: {between: [depth, normals], form: align}",
            "earlier_self: {every_steps: 1, warm_up_epochs: 0, ramp_epochs: 0}"));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void learnsWhereLabelsAreMissing(String section) throws Exception {
    Path folder = all.resolve(section.replaceAll("[^a-z_]+", "-"));
    Made made = run(with(section), folder, all.resolve("store"));
    assertThat(made.result().finished()).isTrue();
    List<JsonNode> steps = RunFolder.lines(Trainer.steps(folder.resolve("run/student")));
    assertThat(steps).hasSize(2).allMatch(step -> Double.isFinite(step.path("loss").asDouble()));
  }

  @Test
  void saysWhereAnEarlierSelfHasNothingToTeach(@TempDir Path folder) throws Exception {
    String some =
        with("earlier_self: {every_steps: 1, warm_up_epochs: 0, ramp_epochs: 0}")
            .replace(", normals]", "]");
    some = some.replace(", normals.mean: -0.01", "");
    assertThat(run(some, folder.resolve("some"), all.resolve("store")).notes())
        .noneMatch(note -> note.contains("earlier_self"));
    assertThat(
            run(
                    some.replace("warm_up_epochs: 0, ", ""),
                    folder.resolve("short"),
                    all.resolve("store"))
                .notes())
        .anyMatch(note -> note.startsWith("earlier_self counts nothing in this training of 1"));
    assertThat(
            run(
                    some.replace("ramp_epochs: 0", "ramp_epochs: 100000"),
                    folder.resolve("slow"),
                    all.resolve("store"))
                .notes())
        .anyMatch(note -> note.endsWith("and counts fully ramp_epochs later, 1.00e+05"));
    String whole = some.replace(", labels: false", "").replace(", depth: false", "");
    assertThat(run(whole, folder.resolve("whole"), all.resolve("store")).notes())
        .anyMatch(note -> note.startsWith("earlier_self changes nothing here"));
  }

  @Test
  void saysWhereABalancerHasNothingToCompare(@TempDir Path folder) throws Exception {
    String streams =
        with("balance: {kind: pcgrad}")
            .replace(
                "data:\n    - {kind: rendered, seed: 3",
                "streams:\n    - {name: a, data: [{kind: rendered, seed: 3")
            .replace("labels: false}", "labels: false}]}")
            .replace("- {kind: rendered, seed: 4", "- {name: b, data: [{kind: rendered, seed: 4")
            .replace("depth: false}", "depth: false}]}");
    assertThat(streams).contains("streams:");
    // Depth gives normals too, so that stream has two tasks.
    assertThat(run(streams, folder.resolve("three"), all.resolve("store")).notes())
        .noneMatch(note -> note.startsWith("balance"));
    String two = streams.replace(", normals]", "]").replace(", normals.mean: -0.01", "");
    assertThat(run(two, folder.resolve("two"), all.resolve("store")).notes())
        .anyMatch(note -> note.startsWith("balance changes nothing here: pcgrad compares"));
    String loss = two.replace("pcgrad", "uncertainty");
    assertThat(run(loss, folder.resolve("loss"), all.resolve("store")).notes())
        .noneMatch(note -> note.startsWith("balance"));
  }

  @Test
  void saysWhatNothingTeachesOrJudges(@TempDir Path folder) throws Exception {
    String yaml = with("losses: {normals_weight: 0}").replace(", normals.mean: -0.01", "");
    assertThat(run(yaml, folder, all.resolve("store")).notes())
        .contains(
            "losses give normals no weight, so that head stays as it begins",
            "validation.score counts nothing of normals, so the best epoch is chosen without it");
  }

  @Test
  void theCardSaysWhatLetTasksCount(@TempDir Path folder) throws Exception {
    String yaml =
        with("balance: dwa").replace("export: {enabled: false}", "export: {golden_frames: 1}");
    assertThat(run(yaml, folder, all.resolve("store")).result().finished()).isTrue();
    assertThat(folder.resolve("run/bundle/CARD.md"))
        .content()
        .contains("How much each task counts was for `dwa`.");
  }

  @Test
  void targetsThatWentOverToTheLabelsStayThere() {
    Training training =
        StrictYaml.parse(
            "{distill: {kind: teacher_annealing}, fine_tuning: [{epochs: 1}]}",
            "recipe.yaml",
            Recipe.TRAINING);
    assertThat(training.fineTuned(0).distill()).isNull();
    Training features =
        StrictYaml.parse(
            "{distill: {kind: features}, fine_tuning: [{epochs: 1}]}",
            "recipe.yaml",
            Recipe.TRAINING);
    assertThat(features.fineTuned(0).distill()).isEqualTo(features.distill());
  }

  /** Maps behind frozen layers have no gradient to look at; those after them have. */
  @Test
  void earlyLayersMayBeFrozenWhereGradientsAreTakenAtTheFeatures(@TempDir Path folder)
      throws Exception {
    String xtasc =
        with("balance: {kind: mgda, at: features}")
            .replace(
                "encoder_width: 0.25, decoder_width: 16,",
                "kind: xtasc, resnet: 18, width_factor: 0.125, frozen: [encoder.conv1, encoder.bn1],");
    assertThat(run(xtasc, folder, all.resolve("store")).result().finished()).isTrue();
  }

  @Test
  void oneTaskTeachersAreTrainedOnceForAllThatNeedThem(@TempDir Path folder) throws Exception {
    Made first = run(with("distill: {kind: features}"), folder);
    assertThat(first.stages())
        .startsWith(
            "student-classes-alone", "student-depth-alone", "student-normals-alone", "student");
    Made second = run(with("distill: {kind: features, layers: [last]}"), folder);
    assertThat(second.stages()).startsWith("student").doesNotContain("student-depth-alone");
    // A student of one task with the same settings is that teacher.
    String alone = RECIPE.replace("[classes, depth, normals]", "[depth]");
    assertThat(run(alone, folder).stages()).containsExactly("student-evaluation");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "distill: {kind: feature}|did you mean 'features'?",
        "distill: {kind: features, layers: []}|layers is empty",
        "distill: {kind: features, weights: {deph: 1}}|did you mean 'depth'?",
        "distill: {kind: features, learning_rate: 0}|learning_rate must be above 0",
        "consistency: {}|name two of network.heads [classes, depth, normals]",
        "consistency: {between: [depth, depth]}|is between two tasks, got [depth, depth]",
        "consistency: {between: [classes, depth], form: papr}|papr",
        "consistency: {between: [classes, depth], weights: {depth: 1}}|weights.depth must be 0 to less than 1",
        "consistency: {between: [classes, depth], weights: {classes: 0, depth: 0}}|consistency.weights are 0 for all of [classes, depth]",
        "distill: {kind: features, weights: {classes: 0, depth: 0, normals: 0}}|leave distill out",
        "distill: {kind: features, layers: [mid, mid]}|layers [mid, mid] has a feature map more than once",
        "distill: {kind: teacher_annealing, layers: [mid]}|there is none to give here",
        "balance: 3|must be one section with the key kind, or the kind alone, not 3",
        "distill: {kind: features, weights: {digit_class: 1}}|distill.weights has digit_class, which is none of [classes, depth, normals]",
        "consistency: {between: [classes, depth], weights: {normals: 0.1}}|consistency.weights has normals",
        "earlier_self: {every_phases: 1}|write streams and alternate: epoch",
        "earlier_self: {every_steps: 2, ema: 0.9}|give one of every_steps, every_epochs, every_phases and ema",
        "earlier_self: {ema: 1}|ema must be above 0 and below 1",
        "earlier_self: {ema: 0.9, weights: {classes: 0, depth: 0, normals: 0}}|leave earlier_self out",
        "earlier_self: {every_steps: 0}|must be >= 1",
        "earlier_self: {temperature: 1.0e30}|temperature must be above 0, at most 100",
        "balance: {kind: gradnorm, learning_rate: 2}|learning_rate above 0, at most 1",
        "balance: {kind: famo, learning_rate: 2}|learning_rate must be above 0, at most 1",
        "distill: {kind: features, learning_rate: 2}|learning_rate must be above 0, at most 1",
        "distill: {kind: features, weight_decay: 2}|weight_decay 0 to 1",
      })
  void namesWhatIsWrong(String section, String message) {
    assertThatThrownBy(() -> Recipe.parse(with(section), "recipe.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("recipe.yaml")
        .hasMessageContaining(section.substring(0, section.indexOf(':')))
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "distill: {kind: features}|distill teaches a network of several tasks",
        "balance: {kind: pcgrad}|balance is pcgrad",
        "consistency: {}|add a head, or leave consistency out",
      })
  void oneTaskIsNotSeveral(String section, String message) {
    String yaml = with(section).replace("[classes, depth, normals]", "[depth]");
    assertThatThrownBy(() -> Recipe.parse(yaml, "recipe.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void namesNetworksOfWhichNothingLearns(@TempDir Path folder) {
    String frozen =
        with("balance: {kind: uniform}")
            .replace("heads: [classes", "frozen: [encoder., decoder., heads.], heads: [classes");
    assertThatThrownBy(() -> run(frozen, folder))
        .hasMessageContaining("network.frozen [encoder., decoder., heads.] leaves no layer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"pcgrad", "cagrad", "imtl_g", "aligned_mtl", "upgrad", "mgda", "gradnorm"})
  void namesGradientsThatMeetNowhere(String balancer, @TempDir Path folder) {
    String frozen =
        with("balance: {kind: " + balancer + "}")
            .replace("heads: [classes", "frozen: [encoder., decoder.], heads: [classes");
    assertThatThrownBy(() -> run(frozen, folder))
        .hasMessageContaining("student: balance: " + balancer + " needs a layer that two tasks use")
        .hasMessageContaining("network.frozen [encoder., decoder.]");
    assertThat(folder.resolve("store")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"features", "teacher_annealing"})
  void oneTaskNetworksHaveALoss(String kind) {
    String yaml = with("distill: {kind: " + kind + "}\n  losses: {depth_weight: 0}");
    assertThatThrownBy(() -> Recipe.parse(yaml, "recipe.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("losses.depth_weight is 0, so that of depth would learn nothing");
  }

  /** That a later one-task network has nothing to learn from is no news for after the first. */
  @Test
  void oneTaskNetworksAreAllCheckedFirst(@TempDir Path folder) {
    String yaml =
        with("distill: {kind: features}")
            .replace("views: 2, labels: false", "views: 2, depth: false");
    assertThatThrownBy(() -> run(yaml, folder))
        .hasMessageContaining("no frame of the training data has depth");
    assertThat(folder.resolve("store")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gradnorm", "uncertainty", "dwa", "famo"})
  void noWeightIsLoggedOfWhatCountsNothing(String balancer, @TempDir Path folder) throws Exception {
    run(
        with("balance: {kind: " + balancer + "}\n  losses: {classes_weight: 0}"),
        folder,
        all.resolve("store"));
    assertThat(RunFolder.lines(Trainer.steps(folder.resolve("run/student"))))
        .hasSize(2)
        .allMatch(step -> step.has("weight.depth") && !step.has("weight.segmentation"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"room-type_class", "2d_class"})
  void saysHowHeadsOfWholeImagesAreCalled(String head) {
    String yaml = with("class_balance: 0").replace("normals]", head + "]");
    assertThatThrownBy(() -> Recipe.parse(yaml, "recipe.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("got '" + head + "'; a name has small letters, digits and _");
  }

  @Test
  void namesDataThatTeachesNothing(@TempDir Path folder) throws Exception {
    String yaml = with("class_balance: 0").replace("[classes, depth, normals]", "[classes]");
    assertThat(run(yaml, folder).notes())
        .anyMatch(
            note -> note.contains("teaches no head of the network, and is 50 % of the frames"));
  }

  @Test
  void consistencyIsOfPixels() {
    String yaml =
        with("consistency: {between: [depth, digit_class]}")
            .replace("[classes, depth, normals]", "[depth, digit_class]");
    assertThatThrownBy(() -> Recipe.parse(yaml, "recipe.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("consistency cannot be between digit_class and another task")
        .hasMessageEndingWith("name two other heads in consistency.between");
  }

  @Test
  void namesTheNearestOfTheFeatureMapsBeforeAnythingIsTrained(@TempDir Path folder) {
    assertThatThrownBy(() -> run(with("distill: {kind: features, layers: [lst]}"), folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "student: distill.layers: edge has no feature map 'lst'; did you mean 'last'? there"
                + " are mid, last");
    assertThat(folder.resolve("run/student-classes-alone")).doesNotExist();
  }

  @Test
  void mapsOfDifferentChannelsNeedAnAdaptor() {
    Training training =
        StrictYaml.parse(
            "distill: {kind: features, adaptor: none}", "recipe.yaml", Recipe.TRAINING);
    LayerGraph wide = training.network().graph(ClassSet.NYU_13);
    LayerGraph narrow =
        StrictYaml.parse("network: {decoder_width: 48}", "recipe.yaml", Recipe.TRAINING)
            .network()
            .graph(ClassSet.NYU_13);
    training.distill().check(wide, wide, "depth");
    assertThatThrownBy(() -> training.distill().check(wide, narrow, "depth"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("distill.adaptor is none, but 'last' has 64 channels")
        .hasMessageEndingWith("write linear");
  }

  @Test
  void changesNoHashWhereItIsNotSaid() {
    assertThat(StrictYaml.keys(Recipe.TRAINING))
        .doesNotContain("distill", "consistency", "earlier_self");
    Training said =
        StrictYaml.parse(
            "{distill: {kind: features, weights: {classes: 2}}, consistency: {form: code},"
                + " earlier_self: {ema: 0.9}}",
            "recipe.yaml",
            Recipe.TRAINING);
    assertThat(StrictYaml.parse(StrictYaml.write(said), "written", Recipe.TRAINING))
        .isEqualTo(said);
  }
}
