package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.dataset.BagSource;
import dev.tarsier.trainer.dataset.Cityscapes;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.DataSetKinds;
import dev.tarsier.trainer.dataset.FrameChoice;
import dev.tarsier.trainer.dataset.NyuMat;
import dev.tarsier.trainer.dataset.NyuV2;
import dev.tarsier.trainer.dataset.Streams;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.quantisation.Int8Options;
import dev.tarsier.trainer.quantisation.RangeRule;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.ExtraInput;
import dev.tarsier.trainer.task.TaskName;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeTest {
  private static final PathResolver NOWHERE = new PathResolver(Path.of("recipe.yaml"), Map.of());

  @TempDir private Path temp;

  private Recipe read(String text) throws IOException {
    return Recipe.read(Files.writeString(temp.resolve("recipe.yaml"), text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"indoor-edge-v3", "nyu-depth-assisted", "synthetic-quick"})
  void readsTheRecipesWeShip(String name) {
    Path file = Prerequisites.root().resolve("trainer/recipes/" + name + ".yaml");
    Recipe recipe = Recipe.read(file);
    assertThat(recipe.name()).isEqualTo(name);
    assertThat(recipe.student().data()).isNotEmpty();
    assertThat(recipe.student().validation().data()).isNotEmpty();
  }

  @Test
  void namesTheNearestNeighbourOfAnUnknownKey() {
    assertThatThrownBy(() -> read("name: a\nstudent:\n  bach: 4\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("recipe.yaml:3")
        .hasMessageContaining("did you mean 'batch'?");
    assertThatThrownBy(
            () -> read("name: a\nstudent:\n  data:\n    - {kind: rendered, rooms: 4, view: 2}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("did you mean 'views'?");
  }

  @Test
  void refusesWhatIsOutOfRange() {
    assertThatThrownBy(() -> read("name: a\nstudent:\n  augmentation: {flip: 2}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("flip must be 0 to 1.0, got 2.0");
    assertThatThrownBy(() -> read("name: ../a\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("name must be");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "logit_adjustment: -0.1 | logit_adjustment must be 0 to 2, got -0.1",
        "logit_adjustment: 2.5 | logit_adjustment must be 0 to 2, got 2.5",
        "logit_adjustment: 1, network: {heads: [depth]} | add classes to network.heads",
        "precise_batch_norm: -1 | precise_batch_norm is a number of batches, 0 to 100000, got -1",
        "fine_tuning: [{epochs: -1}] | fine_tuning[0]: epochs must be given and >= 1, got -1",
        "fine_tuning: [{epoch: 3}] | fine_tuning[0].epoch: unknown key; did you mean 'epochs'?",
        "fine_tuning: [{epochs: 1, max_scale: 0.5}] | min_scale <= max_scale",
        "fine_tuning: [{height: 480}] | fine_tuning[0]: epochs must be given and >= 1, got null",
        "fine_tuning: [{epochs: 1, rate_factor: 0}] | rate_factor must be above 0 and at most 1",
        "fine_tuning: [{epochs: 1, rate_factor: 2}] | rate_factor must be above 0 and at most 1",
        "fine_tuning: [{epochs: 1, width: 16}] | height and width must be >= 32, got 240 and 16",
      })
  void refusesWhatCannotComeAfterATraining(String section, String message) {
    assertThatThrownBy(() -> read("name: a\nstudent: {%s}\n".formatted(section)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("recipe.yaml:2")
        .hasMessageContaining(message);
  }

  @Test
  void fineTuningGoesOnWithTheSameFramesAndSlowerRates() throws IOException {
    Training first =
        read("""
            name: a
            student:
              network: {height: 64, width: 96}
              optimiser: {learning_rate: 0.5, groups: [{prefix: encoder., learning_rate: 0.25}]}
              crop_height: 32
              batch: 3
              epochs: 7
              max_steps: 9
              fine_tuning:
                - {epochs: 2, width: 128, rate_factor: 0.5, max_scale: 1.25}
                - {epochs: 4, height: 96}
            """)
            .student();
    Training second = first.fineTuned(0);
    assertThat(second.network().height()).isEqualTo(64);
    assertThat(second.network().width()).isEqualTo(128);
    assertThat(second.optimiser().learningRate()).isEqualTo(0.25);
    assertThat(second.optimiser().groups().get(0).learningRate()).isEqualTo(0.125);
    assertThat(second.cropHeight()).isZero();
    assertThat(second.batch()).isEqualTo(3);
    assertThat(second.epochs()).isEqualTo(2);
    assertThat(second.maxSteps()).isZero();
    assertThat(second.fineTuning()).isEmpty();
    assertThat(second.augmentation()).isEqualTo(first.augmentation().withScales(1, 1.25));
    Training third = first.fineTuned(1);
    assertThat(third.network()).isEqualTo(first.finalNetwork());
    assertThat(third.network().height()).isEqualTo(96);
    assertThat(third.network().width()).isEqualTo(128);
    assertThat(third.optimiser().learningRate()).isEqualTo(0.1);
    assertThat(third.augmentation()).isEqualTo(first.augmentation());
  }

  /** A section may make sense only with what it has in common with the other. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        common: {network: {kind: mti_hrnet18}}
        student: {network: {output_stride: 4}}
        """,
        """
        common: {network: {height: 480, width: 640}}
        student: {crop_height: 336}
        """,
        """
        common: {augmentation: {min_scale: 0.65}}
        student: {fine_tuning: [{epochs: 5, max_scale: 0.9}]}
        """,
      })
  void judgesSectionsWithWhatTheyHaveInCommon(String sections) throws IOException {
    assertThat(read("name: a\n" + sections).student()).isNotNull();
  }

  @Test
  void namesWhatIsWrongInWhatSectionsHaveInCommon() {
    assertThatThrownBy(() -> read("name: a\nstudent: {}\ncommon:\n  batsch: 3\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("recipe.yaml:4: common.batsch: unknown key; did you mean 'batch'?");
    assertThatThrownBy(() -> read("name: a\nstudnet: {}\ncommon: {batch: 3}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("recipe.yaml:2: studnet: unknown key; did you mean 'student'?");
  }

  /**
   * Nothing is done to a teacher that is trained already, so nothing of it is asked of its heads.
   */
  @Test
  void takesATrainedTeacherOfDepthWhereLogitsAreAdjusted() throws IOException {
    Training teacher =
        read("""
            name: a
            common: {logit_adjustment: 0.25, precise_batch_norm: 8}
            teacher: {trained: [elsewhere]}
            pseudo_labels:
              target: depth
              data: [{kind: rendered, rooms: 1, depth: false}]
            student: {data: [{kind: pseudo_labels}]}
            """)
            .teacher();
    Network depth = read("name: a\nstudent: {network: {heads: [depth]}}\n").student().network();
    assertThat(teacher.withNetwork(depth).logitAdjustment()).isZero();
    assertThat(teacher.withNetwork(depth).preciseBatchNorm()).isZero();
  }

  /** What a training went on from may be made anew with more steps, and come to the same. */
  @Test
  void countsStepsOfATrainingByItself() {
    ObjectNode record = Canonical.object().put("steps", 900);
    TrainingOutcome older = Canonical.value(record, TrainingOutcome.class);
    assertThat(older.steps(0)).as("an older record").isEqualTo(900);
    assertThat(older.steps(700)).as("an older record").isEqualTo(900);
    TrainingOutcome outcome = Canonical.value(record.put("own_steps", 300), TrainingOutcome.class);
    assertThat(outcome.steps(0)).isEqualTo(300);
    assertThat(outcome.steps(700)).isEqualTo(1000);
  }

  @Test
  void readsDataSetsOfEveryKind() throws IOException {
    Recipe recipe =
        read(
            """
            name: a
            classes: cityscapes7
            export: {enabled: false}
            student:
              data:
                - {kind: cityscapes, root: c, split: train, choose: {count: 300}, depth: none,
                   labelled: {count: 200}}
                - {kind: nyu_mat, path: n.mat, split: train_fit, depth: raw,
                   labelled: {list: few.txt}}
                - {kind: bag, path: b.bag, labels_from: labels}
            """);
    Cityscapes.Options city = (Cityscapes.Options) recipe.student().data().get(0);
    assertThat(city.shrink()).isEqualTo(8);
    assertThat(city.labelled()).isEqualTo(new FrameChoice(200, 1L, null, null));
    assertThat(city.truth()).hasValueSatisfying(truth -> assertThat(truth).isNotEqualTo(city));
    NyuMat.Options mat = (NyuMat.Options) recipe.student().data().get(1);
    assertThat(mat.labelled().list()).isEqualTo("few.txt");
    assertThat(((BagSource.Options) recipe.student().data().get(2)).labelsFrom())
        .isEqualTo("labels");
    assertThat(recipe.camera(NOWHERE, 640, 480)).isEmpty();
  }

  @Test
  void refusesToMagnifyInverseDepth() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    name: a
                    classes: cityscapes7
                    student:
                      data:
                        - {kind: cityscapes, root: c, split: train, depth: inverse}
                    """))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("augmentation: {min_scale: 1, max_scale: 1}");
  }

  @Test
  void refusesToMagnifyInverseDepthInTheEnd() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    name: a
                    classes: cityscapes7
                    student:
                      augmentation: {max_scale: 1}
                      fine_tuning: [{epochs: 1}, {epochs: 1, max_scale: 1.5}]
                      data:
                        - {kind: cityscapes, root: c, split: train, depth: inverse}
                    """))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("depth: inverse, which cannot be magnified");
  }

  private static String inverse(String labels, String student) {
    return """
        name: a
        classes: cityscapes7
        common: {validation: {data: [{kind: rendered, rooms: 1, depth: false}]}}
        teacher:
          network: {extra: %s}
          augmentation: {max_scale: 1}
          data: [{kind: cityscapes, root: c, split: train, depth: inverse}]
        pseudo_labels: {%s, data: [{kind: cityscapes, root: c, split: train, depth: inverse}]}
        student: {%s, data: [{kind: pseudo_labels}]}
        """
        .formatted(labels.contains("depth") ? "labels" : "depth", labels, student);
  }

  @Test
  void refusesToMagnifyInverseDepthOnItsWayThroughPseudoLabels() throws IOException {
    String still = "augmentation: {max_scale: 1}";
    assertThatThrownBy(() -> read(inverse("threshold: 0.9", "batch: 2")))
        .hasMessageContaining("augmentation: {min_scale: 1, max_scale: 1}");
    String later = still + ", fine_tuning: [{epochs: 1, max_scale: 1.5}]";
    assertThatThrownBy(() -> read(inverse("threshold: 0.9", later)))
        .hasMessageContaining("depth: inverse, which cannot be magnified");
    assertThatThrownBy(() -> read(inverse("scales: [1.0, 1.25]", still)))
        .hasMessageContaining("write scales: [1.0]");
    assertThatThrownBy(() -> read(inverse("target: depth", still)))
        .hasMessageContaining("kept in millimetres");
    assertThatThrownBy(() -> read(inverse("threshold: 0.9", still)))
        .hasMessageContaining("a bundle says metres");
    read(inverse("threshold: 0.9", still) + "export: {enabled: false}\n");
  }

  @Test
  void refusesDepthOfTwoUnits() throws IOException {
    String recipe =
        """
        name: a
        classes: cityscapes7
        export: {enabled: false}
        student:
          network: {heads: [%s]}
          augmentation: {max_scale: 1}
          data: [{kind: cityscapes, root: c, split: train, depth: inverse}]
          validation: {data: [{kind: cityscapes, root: c, split: val}]}
        """;
    assertThatThrownBy(() -> read(recipe.formatted("classes, depth")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("the student has data of depth: inverse beside data whose depth is");
    read(recipe.formatted("classes"));
    read(recipe.replace("split: val", "split: val, depth: none").formatted("depth"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pixel_acuracy: 1 | student.validation: score has no figure 'pixel_acuracy'; there are [",
        "segmentation.miuo: 1 | did you mean 'segmentation.miou'?",
        "miou: 1e999 | student.validation: score segmentation.miou must be a number, got Infinity",
      })
  void refusesToJudgeByWhatIsNotMeasured(String score, String message) {
    assertThatThrownBy(() -> read("name: a\nstudent: {validation: {score: {%s}}}".formatted(score)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("recipe.yaml:2")
        .hasMessageContaining(message);
  }

  @Test
  void refusesAScoreThatCountsNothing() throws IOException {
    assertThatThrownBy(
            () -> read("name: a\nstudent: {validation: {score: {miou: 0, depth_rmse: 0}}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("student.validation.score counts nothing");
    read(
        """
        name: a
        common: {validation: {score: {miou: 0, depth_rmse: 0}, data: [{kind: rendered, rooms: 1}]}}
        student: {data: [{kind: rendered, rooms: 1}], validation: {score: {depth.rel: -1}}}
        """);
  }

  @Test
  void refusesPseudoLabelsOfWhichNothingIsLeft() throws IOException {
    String recipe =
        """
        name: a
        common: {validation: {data: [{kind: rendered, rooms: 1}]}}
        teacher: {network: {extra: depth}, data: [{kind: rendered, rooms: 1}]}
        pseudo_labels: {data: [{kind: rendered, rooms: 2, labels: false}]}
        student: {data: [{kind: pseudo_labels, hard: false}]}
        """;
    assertThatThrownBy(() -> read(recipe))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("hard: false")
        .hasMessageContaining("write pseudo_labels: {soft: true}");
    read(
        recipe
            .replace("pseudo_labels: {data", "pseudo_labels: {soft: true, data")
            .replace("student: {", "student: {losses: {soft_weight: 1}, "));
  }

  @Test
  void sectionsOfInt8SayOnlyWhatIsOtherwise() {
    Int8Options int8 =
        StrictYaml.parse(
            "{frames: 8, range: percentile, keep_float: [heads.]}", "int8", Int8Options.class);

    assertThat(int8.frames()).isEqualTo(8);
    assertThat(int8.range()).isEqualTo(RangeRule.PERCENTILE);
    assertThat(int8.keepFloat()).containsExactly("heads.");
    assertThat(int8.maxMiouLost()).isEqualTo(1.0);
    assertThat(StrictYaml.parse("{}", "int8", Int8Options.class)).isEqualTo(Int8Options.DEFAULT);
    assertThatThrownBy(() -> StrictYaml.parse("{frames: 0}", "int8", Int8Options.class))
        .hasMessageContaining("frames must be 1 to 10000, got 0");
  }

  @Test
  void anInt8NetworkIsHashedOnlyWhereItIsAskedFor() {
    Recipe.Export plain = Recipe.EXPORT;
    Recipe.Export int8 =
        new Recipe.Export(
            plain.enabled(),
            plain.version(),
            plain.goldenFrames(),
            plain.teachers(),
            Int8Options.DEFAULT);

    assertThat(Canonical.tree(plain).has("int8")).isFalse();
    assertThat(Canonical.tree(int8).has("int8")).isTrue();
  }

  @Test
  void refusesToExportTeachersThatNothingCanBeCheckedOn() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    name: a
                    teacher: {trained: [runs/a/teacher-1], network: {extra: depth}}
                    export: {teachers: true}
                    """))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("export.teachers is true, but teacher.validation.data is missing");
  }

  @Test
  void keepsDefaultsSectionBySection() throws IOException {
    Recipe recipe =
        read("name: a\nstudent:\n  data: [{kind: rendered, rooms: 1}]\n  network: {height: 96}\n");
    assertThat(recipe.camera(NOWHERE, 640, 480)).contains(NyuV2.camera(640, 480));
    assertThat(recipe.student().network().height()).isEqualTo(96);
    assertThat(recipe.student().network().width()).isEqualTo(320);
    assertThat(recipe.student().batch()).isEqualTo(8);
  }

  @Test
  void replacesVariablesFromTheEnvironment() {
    PathResolver paths =
        new PathResolver(temp.resolve("r.yaml"), Map.of("DATA", "/d", "EMPTY", ""));
    assertThat(paths.expand("${DATA}/x")).isEqualTo("/d/x");
    assertThat(paths.expand("${NONE:-../s}/x")).isEqualTo("../s/x");
    assertThat(paths.expand("${EMPTY:-e}")).isEqualTo("e");
    assertThatThrownBy(() -> paths.expand("${NONE}/x")).hasMessageContaining("NONE");
  }

  @Test
  void findsFilesBesideTheRecipe() throws IOException {
    Files.createDirectories(temp.resolve("data"));
    PathResolver paths = new PathResolver(temp.resolve("r.yaml"), Map.of());
    assertThat(paths.find("data")).contains(temp.resolve("data"));
    assertThat(paths.find("nowhere")).isEmpty();
    assertThat(paths.tried("nowhere")).contains(temp.resolve("nowhere").toString());
  }

  @Test
  void balancesClassesByTheirShare() {
    List<Float> weights = ClassWeights.of(new double[] {900, 100, 0}, 0.5);
    // Shares .9 and .1 to the power of −½, over their mean by pixel; the absent as the rarest.
    double a = Math.pow(0.9, -0.5);
    double b = Math.pow(0.1, -0.5);
    double mean = 0.9 * a + 0.1 * b;
    assertThat((double) weights.get(0)).isCloseTo(a / mean, within(1e-6));
    assertThat((double) weights.get(1)).isCloseTo(b / mean, within(1e-6));
    assertThat(weights.get(2)).isEqualTo(weights.get(1));
  }

  @Test
  void theExampleInTheDocumentsIsARecipe() throws IOException {
    String page = Files.readString(Prerequisites.root().resolve("docs/recipes.md"));
    int begin = page.indexOf("```yaml\n") + 8;
    Recipe recipe = read(page.substring(begin, page.indexOf("```", begin)));
    assertThat(recipe.teacher().ensemble()).isEqualTo(3);
    assertThat(recipe.student().data()).hasSize(2);
  }

  /** Every key is in the reference, and so are the kinds of data. */
  @Test
  void theDocumentsNameEveryKey() throws IOException {
    String page = Files.readString(Prerequisites.root().resolve("docs/recipes.md"));
    Set<String> keys = new TreeSet<>();
    collect(Canonical.tree(read(WHOLE.replace("name: a", "name: a\nexport: {}"))), keys);
    assertThat(keys).contains("threshold", "warm_up_steps", "max_depth_metres");
    assertThat(keys).allSatisfy(key -> assertThat(page).contains(key));
    for (DataSet.Kind kind : new DataSetKinds().all()) {
      assertThat(page).contains("`" + kind.kind() + "`");
      for (RecordComponent key : kind.section().getRecordComponents()) {
        assertThat(page)
            .contains(key.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT));
      }
    }
  }

  private static void collect(JsonNode tree, Set<String> keys) {
    tree.fieldNames().forEachRemaining(keys::add);
    tree.forEach(each -> collect(each, keys));
  }

  private static final String DATA = "data: [{kind: rendered, rooms: 1}]";

  /** Sections that fit together; tests spoil one of them. */
  private static final String WHOLE =
      """
      name: a
      teacher:
        network: {extra: depth}
        DATA
      pseudo_labels:
        DATA
      student:
        data: [{kind: pseudo_labels}]
      """
          .replace("DATA", DATA);

  private void refuses(String from, String to, String... said) {
    assertThat(WHOLE).contains(from);
    assertThatThrownBy(() -> read(WHOLE.replace(from, to)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(said);
  }

  @Test
  void namesAThresholdThatIsNoShare() {
    for (String wrong : List.of("0", "1", "1.5", "-0.1")) {
      refuses(
          "pseudo_labels:\n",
          "pseudo_labels:\n  threshold: " + wrong + "\n",
          "recipe.yaml:5: pseudo_labels",
          "threshold (tau) must be greater than 0 and less than 1");
    }
  }

  @Test
  void namesSectionsThatDoNotFitTogether() {
    refuses("teacher:\n  network: {extra: depth}\n  " + DATA + "\n", "", "need a teacher");
    refuses("{extra: depth}", "{extra: labels}", "target is classes", "given just that");
    refuses("{extra: depth}", "{heads: [depth]}", "target is classes, which the teacher does not");
    refuses(
        "student:\n",
        "student:\n  network: {heads: [depth]}\n",
        "the student has no head for it; its heads are [depth]");
    refuses("student:\n", "student:\n  network: {extra: depth}\n", "one RGB camera", "export");
    refuses("student:\n", "student:\n  ensemble: 2\n", "student.ensemble must be 1, got 2");
    refuses("student:\n", "student:\n  trained: [x]\n", "student.trained is for teachers");
    refuses("student:\n", "student:\n  first_seed: 2\n", "student.first_seed is for teachers");
    refuses("[{kind: pseudo_labels}]", "[{kind: pseudo_labels, set: 2}]", "has only 1");
    refuses("[{kind: pseudo_labels}]", "[{kind: rendered, rooms: 1}]", "does not use the pseudo");
    refuses(
        "student:\n", "student:\n  losses: {soft_weight: 1}\n", "soft_weight is 1.0", "soft: true");
    refuses("pseudo_labels:\n", "pseudo_labels:\n  soft: true\n", "learns nothing from it");
    refuses("network: {extra", "losses: {soft_weight: 1}\n  network: {extra", "nobody teaches");
    refuses("name: a\n", "name: a\nclasses: nyu14\n", "nyu13, nyu40", "got 'nyu14'");
    refuses("{extra: depth}", "{extra: deep}", "extra must be one of none, ", "got 'deep'");
    refuses("{extra: depth}", "{extra: depth, output_stride: 4}", "output_stride of edge");
    refuses(
        "{extra: depth}",
        "{extra: depth, kind: mti_hrnet18, decoder_width: 64}",
        "decoder_width is for kind: edge; leave it out of mti_hrnet18");
    refuses("pseudo_labels:\n", "pseudo_labels:\n  temperature: 4\n", "4.0", "soft: true");
    String labels = "pseudo_labels:\n  " + DATA + "\n";
    String unused =
        WHOLE.replace(labels, "").replace("{kind: pseudo_labels}", "{kind: rendered, rooms: 1}");
    assertThat(unused).doesNotContain("pseudo_labels");
    assertThatThrownBy(() -> read(unused)).hasMessageContaining("the teacher teaches nobody");
    assertThatThrownBy(() -> read("name: a\n"))
        .hasMessageContaining("a recipe needs a student, a teacher, or both");
    assertThatThrownBy(() -> read("name: a\nteacher: {data: [{kind: pseudo_labels}]}\n"))
        .hasMessageContaining("teacher.data has {kind: pseudo_labels}");
  }

  private static final String STREAMS =
      """
      name: a
      student:
        streams:
          - {name: labels, data: [{kind: rendered, rooms: 2, depth: false}]}
          - {name: depth, data: [{kind: rendered, first_room: 2, rooms: 2, labels: false}]}
      """;

  private void refusesStreams(String from, String to, String... said) {
    assertThat(STREAMS).contains(from);
    assertThatThrownBy(() -> read(STREAMS.replace(from, to)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("recipe.yaml:")
        .hasMessageContainingAll(said);
  }

  @Test
  void readsStreamsThatTakeTurns() throws IOException {
    Training student = read(STREAMS).student();
    assertThat(student.streams())
        .extracting(Training.Stream::name)
        .containsExactly("labels", "depth");
    assertThat(student.allData()).hasSize(2);
    assertThat(student.alternate()).isEqualTo(Streams.Alternation.ITERATION);
    Recipe byEpoch = read(STREAMS.replace("  streams:", "  alternate: epoch\n  streams:"));
    assertThat(byEpoch.student().alternate()).isEqualTo(Streams.Alternation.EPOCH);
    assertThat(Recipe.parse(byEpoch.yaml(), "again")).isEqualTo(byEpoch);
  }

  @Test
  void refusesStreamsThatCannotTakeTurns() {
    refusesStreams(
        "  streams:",
        "  data: [{kind: rendered, rooms: 1}]\n  streams:",
        "student",
        "streams and data");
    refusesStreams(
        "    - {name: depth, data: [{kind: rendered, first_room: 2, rooms: 2, labels: false}]}\n",
        "",
        "streams must be two or more, got 1");
    refusesStreams("name: depth", "name: labels", "two that are called 'labels'");
    refusesStreams("name: depth, ", "", "student.streams[1]", "a stream must have a name");
    refusesStreams(
        "[{kind: rendered, rooms: 2, depth: false}]",
        "[]",
        "student.streams[0]",
        "stream labels has no data");
    refusesStreams(
        "  streams:", "  alternate: batch\n  streams:", "alternate", "iteration", "epoch");
    refusesStreams(
        "[{kind: rendered, rooms: 2, depth: false}]",
        "[{kind: pseudo_labels}]",
        "student.streams has {kind: pseudo_labels}");
    assertThatThrownBy(() -> read("name: a\nstudent: {alternate: epoch}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("recipe.yaml:2", "alternate is epoch, but there are no streams");
  }

  @Test
  void whatTrainingsHaveInCommonIsSaidOnce() throws IOException {
    Recipe recipe =
        read(
            """
            name: a
            common:
              network: {height: 96, width: 128}
              epochs: 7
            teacher: {epochs: 9, network: {extra: depth}}
            pseudo_labels: {data: [{kind: rendered, rooms: 1}]}
            student: {network: {width: 64}, data: [{kind: pseudo_labels}]}
            """);
    assertThat(recipe.teacher().epochs()).isEqualTo(9);
    assertThat(recipe.teacher().network().height()).isEqualTo(96);
    assertThat(recipe.student().epochs()).isEqualTo(7);
    assertThat(recipe.camera(NOWHERE, 640, 480)).contains(NyuV2.camera(640, 480));
    assertThat(recipe.student().network().height()).isEqualTo(96);
    assertThat(recipe.student().network().width()).isEqualTo(64);
    assertThat(recipe.student().network().extra()).isEqualTo(ExtraInput.NONE);
    assertThatThrownBy(() -> read("name: a\ncommon: {bach: 2}\nstudent: {batch: 3}\n"))
        .hasMessageContaining("recipe.yaml:2: common.bach")
        .hasMessageContaining("did you mean 'batch'?");
  }

  @Test
  void saysItselfInYaml() throws IOException {
    Recipe recipe = read(WHOLE.replace("rooms: 1", "rooms: 2, views: 3, labels: false"));
    assertThat(Recipe.parse(recipe.yaml(), "again")).isEqualTo(recipe);
  }

  /** Rows of the paper's table (methods §1.2): what sets each apart, and its inputs and outputs. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          student: {network: {heads: [classes]}}                                            | 3 | classes
          student: {network: {heads: [classes], extra: depth, fusion: input}}                | 4 | classes
          student: {network: {}}                                                             | 3 | classes, depth
          student: {network: {heads: [classes], extra: depth}}                               | 4 | classes
          student: {network: {extra: depth}}                                                 | 4 | classes, depth
          student: {network: {extra: labels}}                                                | 16 | classes, depth
          teacher: {network: {extra: depth}}                                                 | 4 | classes, depth
          teacher: {network: {extra: labels}}                                                | 16 | classes, depth
          student: {network: {kind: mti_hrnet18, heads: [classes]}}                          | 3 | classes
          student: {network: {kind: mti_hrnet18, heads: [classes], extra: depth, fusion: input}} | 4 | classes
          teacher: {network: {kind: mti_hrnet18, extra: depth}}                              | 4 | classes, depth
          """)
  void everyRowOfThePapersTableIsARecipe(String section, int channels, String outputs)
      throws IOException {
    Recipe recipe = read("name: a\nexport: {enabled: false}\n" + section + "\n");
    Network network = (recipe.teacher() == null ? recipe.student() : recipe.teacher()).network();
    LayerGraph graph = network.graph(recipe.classes()).forInference();
    assertThat(graph.inputs().values().stream().mapToInt(Integer::intValue).sum())
        .isEqualTo(channels);
    assertThat(String.join(", ", graph.outputs().keySet())).isEqualTo(outputs);
  }

  @Test
  void theMirrorDirectionIsARecipe() throws IOException {
    Recipe recipe =
        read(
            WHOLE
                .replace("{extra: depth}", "{extra: labels}")
                .replace("pseudo_labels:\n", "pseudo_labels:\n  target: depth\n"));
    assertThat(recipe.pseudoLabels().target()).isEqualTo(TaskName.of("depth"));
  }

  /**
   * Trained networks are known by what differs from the defaults, so a default that changes would
   * pass one network off as another. Whoever changes one raises TrainingJob.SCHEMA; whoever adds a
   * setting that changes nothing by default only mends this hash.
   */
  @Test
  void noDefaultChangesUnnoticed() {
    ObjectNode defaults = (ObjectNode) Canonical.tree(Recipe.TRAINING);
    assertThat(Canonical.sha256(defaults)).startsWith("dea4bb9d58e5c448");
    ObjectNode more = defaults.deepCopy();
    more.put("a_new_setting", 0);
    ObjectNode said = more.deepCopy();
    said.put("batch", 4);
    assertThat(Canonical.differing(said, more).toString()).isEqualTo("{\"batch\":4}");
  }

  /** The defaults have a metric's former name; the recipe's word counts in either. */
  @Test
  void countsAMetricsWeightOnceUnderEitherOfItsNames() throws IOException {
    String recipe =
        """
        student:
          data: [{kind: rendered, rooms: 1}]
          validation: {score: {SCORE: 0.5}}
        """;
    for (String name : List.of("miou", "segmentation.miou")) {
      Map<String, Double> weights =
          Recipe.parse(recipe.replace("SCORE", name), "r.yaml").student().validation().weights();
      assertThat(weights).containsEntry("segmentation.miou", 0.5).doesNotContainKey("miou");
    }
  }

  @Test
  void readsClassesFromAFileBesideTheRecipe(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("depot.yaml"),
        """
        name: depot
        classes:
          - {name: floor, color: "#804080"}
          - {name: crate, color: "#00FF00", merges: [box]}
        ignored: [background]
        """);
    Path file = folder.resolve("recipe.yaml");
    String text =
        """
        classes: depot.yaml
        student:
          network: {height: 64, width: 64}
          data: [{kind: rgbd, root: frames, preset: cvat, camera: {width: 640, height: 480, fx: 585}}]
          validation: {data: [{kind: rgbd, root: frames, preset: cvat, split: val}]}
        """;
    Files.writeString(file, text);
    Recipe recipe = Recipe.read(file);
    assertThat(recipe.classes().names()).containsExactly("floor", "crate");
    assertThat(recipe.classes().ofName("box")).isEqualTo(1);
    assertThat(recipe.camera(NOWHERE, 320, 240).orElseThrow().fx()).isEqualTo(292.5);
    assertThat(Recipe.parse(recipe.yaml(), "recorded.yaml")).isEqualTo(recipe);

    Files.writeString(folder.resolve("depot.yaml"), "name: depot\nnames: [floor, floor]\n");
    assertThatThrownBy(() -> Recipe.read(file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("depot.yaml: names must be unique, 'floor' is there twice");
    Files.delete(folder.resolve("depot.yaml"));
    assertThatThrownBy(() -> Recipe.read(file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("classes: depot.yaml is not there (looked in ");
  }
}
