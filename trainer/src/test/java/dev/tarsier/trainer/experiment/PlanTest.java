package dev.tarsier.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.NyuFolder;
import dev.tarsier.trainer.network.MtiNet;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.recipe.Network;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.recipe.Training;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.TestTasks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final Path STUDIES = Path.of("recipes", "experiments");

  private static Recipe recipe(Plan plan, String cell) {
    return plan.cells().stream()
        .filter(each -> each.id().equals(cell))
        .findAny()
        .orElseThrow()
        .recipe();
  }

  @Test
  void makesARecipeForEachRowAndSeedWholeTablesFirst() {
    assertThat(StudyFixture.plan().cells().stream().map(Plan.Cell::id))
        .containsExactly(
            "plain-seed1",
            "seeing-seed1",
            "told-seed1",
            "taught-seed1",
            "plain-seed2",
            "seeing-seed2",
            "told-seed2",
            "taught-seed2");
    assertThat(recipe(StudyFixture.plan(), "plain-seed2").seed()).isEqualTo(2);
  }

  @Test
  void givesARowTheTeacherThatIsTheOtherRowsNetwork() {
    Plan plan = StudyFixture.plan();
    assertThat(recipe(plan, "taught-seed2").teacher())
        .isEqualTo(recipe(plan, "seeing-seed2").student());
    assertThat(recipe(plan, "taught-seed2").teacher().maxSteps()).isEqualTo(150);
    assertThat(recipe(plan, "taught-seed2").student().maxSteps()).isEqualTo(100);
  }

  @Test
  void changesTwoBranchedNetworksAlone() {
    Plan plan = StudyFixture.plan();
    assertThat(recipe(plan, "seeing-seed1").student().classBalance()).isEqualTo(0.5);
    assertThat(recipe(plan, "plain-seed1").student().classBalance()).isZero();
    assertThat(recipe(plan, "plain-seed1").student().batch()).isEqualTo(4);
  }

  @Test
  void takesWhatIsChosenOverWhatIsSaid() {
    Plan plan =
        Plan.of(
            StudyFixture.study(),
            "small.yaml",
            new Plan.Choice(
                "mti_hrnet18",
                "nyu40",
                new Size(96, 128),
                new Size(64, 80),
                40,
                List.of(9L),
                List.of("taught")));
    assertThat(plan.cells()).hasSize(1);
    Recipe recipe = plan.cells().get(0).recipe();
    assertThat(recipe.seed()).isEqualTo(9);
    assertThat(recipe.classes()).isEqualTo(ClassSet.NYU_40);
    assertThat(recipe.student().maxSteps()).isEqualTo(40);
    assertThat(recipe.teacher().maxSteps()).isEqualTo(60);
    assertThat(recipe.student().network().architecture()).isEqualTo(new MtiNet());
    assertThat(recipe.teacher().network().height()).isEqualTo(96);
    assertThat(recipe.teacher().cropHeight()).isEqualTo(64);
    assertThat(recipe.student().cropWidth()).isEqualTo(80);
    assertThat(plan.networkLine()).isEqualTo("mti_hrnet18 at 96×128, trained on crops of 64×80");
    assertThat(plan.folderName("s")).endsWith("-nyu40-96x128-crop-64x80-40-steps");
  }

  @Test
  void namesTheNearestRowWhereThereIsNoneOfThatName() {
    assertThatThrownBy(
            () ->
                Plan.of(
                    StudyFixture.study(),
                    "small.yaml",
                    new Plan.Choice(null, null, null, null, 0, List.of(), List.of("tought"))))
        .hasMessageContaining("'tought'")
        .hasMessageContaining("did you mean 'taught'");
  }

  @Test
  void namesRowAndKeyOfWhatNoRecipeCanSay() {
    Study study =
        StrictYaml.parse(
            StudyFixture.YAML.replace("{extra: labels}", "{extra: sonar}"), "s.yaml", Study.class);
    assertThatThrownBy(() -> Plan.of(study, "s.yaml", Plan.Choice.NONE))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("s.yaml, row told")
        .hasMessageContaining("sonar");
  }

  @Test
  void startsARowFromOneAbove() {
    Study study =
        StrictYaml.parse(
            StudyFixture.YAML
                + """
                    - name: taught-longer
                      like: taught
                      extra: true
                      steps_factor: 2
                      recipe: {student: {losses: {depth_weight: 2}}}
                    - {name: as-long, like: taught-longer, extra: true}
                  """,
            "s.yaml",
            Study.class);
    Plan plan = Plan.of(study, "s.yaml", Plan.Choice.NONE);
    Recipe longer = recipe(plan, "taught-longer-seed1");
    Recipe taught = recipe(plan, "taught-seed1");
    assertThat(longer.teacher()).isEqualTo(taught.teacher());
    assertThat(longer.pseudoLabels()).isEqualTo(taught.pseudoLabels());
    assertThat(longer.student().data()).isEqualTo(taught.student().data());
    assertThat(longer.student().maxSteps()).isEqualTo(200);
    assertThat(recipe(plan, "as-long-seed1").student()).isEqualTo(longer.student());
    assertThat(longer.student().losses().weight(TestTasks.depth())).isEqualTo(2);
    assertThat(study.rows().get(4).input()).isEqualTo("RGB");
    assertThat(study.rows().get(4).paper()).isEmpty();
  }

  @Test
  void refusesClassesOfPixelsWhereNoRowLearnsAny() {
    Study digits = Study.read(STUDIES.resolve("kd4mtl-digits.yaml"));
    assertThatThrownBy(
            () ->
                Plan.of(
                    digits,
                    "kd4mtl-digits.yaml",
                    new Plan.Choice(null, "nyu40", null, null, 0, List.of(1L), List.of())))
        .hasMessage(
            "classes nyu40 are of no use: no row of kd4mtl-digits.yaml has a head for classes of"
                + " pixels; leave them out");
    // Rows without classes belong to tables whose other rows have them.
    Plan depth =
        Plan.of(
            Study.read(STUDIES.resolve("nyu-balancing.yaml")),
            "nyu-balancing.yaml",
            new Plan.Choice(null, "nyu40", null, null, 0, List.of(1L), List.of("depth-alone")));
    assertThat(depth.classes().id()).isEqualTo("nyu40");
  }

  private static final String VARIANTS =
      """
      variants:
        long: {note: twice the steps, steps_factor: 2}
        heavy: {note: depth counts twice, recipe: {student: {losses: {depth_weight: 2}}}}
        deep: {recipe: {student: {losses: {depth_weight: 3}}}}
      """;

  private static Plan varied(String more, String... rows) {
    return Plan.of(
        StrictYaml.parse(StudyFixture.YAML + more + VARIANTS, "s.yaml", Study.class),
        "s.yaml",
        new Plan.Choice(null, null, null, null, 0, List.of(1L), List.of(rows)));
  }

  @Test
  void makesVariantsOfAnyRowThatIsAskedFor() {
    Plan plan =
        varied("", "taught-heavy", "seeing-long-heavy", "taught-long-heavy", "taught", "plain");
    assertThat(plan.rows().stream().map(Study.Row::name))
        .as("what is said first, then variant by variant")
        .containsExactly(
            "plain", "taught", "seeing-long-heavy", "taught-long-heavy", "taught-heavy");
    Recipe varied = recipe(plan, "taught-long-heavy-seed1");
    assertThat(varied.student().maxSteps()).isEqualTo(200);
    assertThat(varied.student().losses().weight(TestTasks.depth())).isEqualTo(2);
    assertThat(varied.teacher()).isEqualTo(recipe(plan, "taught-seed1").teacher());
    assertThat(recipe(plan, "seeing-long-heavy-seed1").student().maxSteps())
        .as("times the row's own 1.5")
        .isEqualTo(300);
    Study.Row row = plan.rows().get(3);
    assertThat(row.note()).isEqualTo("as taught; twice the steps; depth counts twice");
    assertThat(row.extra()).isTrue();
    assertThat(plan.rows().get(2).paper()).as("the paper's values are of its row").isEmpty();
    assertThat(plan.study().rows()).hasSize(4);
    String asked = StudyFixture.YAML.replace("with: seeing", "with: seeing-long") + VARIANTS;
    assertThat(StrictYaml.parse(asked, "s.yaml", Study.class).affinity().get(0).with())
        .isEqualTo("seeing-long");
    Plan curve =
        varied("  - {name: at, like: plain, extra: true, series: all, at: 5}\n", "at-long");
    assertThat(curve.rows().get(0).series()).as("a curve of its own").isEqualTo("all, long");
  }

  @Test
  void isTaughtByVariantsAndStartsFromThem() {
    String more =
        """
          - name: of-longer
            like: taught-heavy
            extra: true
            teacher: seeing-long
            beside: [plain-long]
        """;
    Plan plan = varied(more, "of-longer");
    Plan.Cell cell = plan.cells().get(0);
    assertThat(cell.recipe().teacher().maxSteps()).isEqualTo(300);
    assertThat(cell.recipe().student().losses().weight(TestTasks.depth())).isEqualTo(2);
    assertThat(cell.teachers().stream().map(Recipe::name))
        .containsExactly("seeing-long-seed1", "plain-long-seed1");
    assertThat(plan.with(Set.of("plain-long", "plain-log"), Set.of(1L)).cells())
        .as("rows that a folder has")
        .extracting(Plan.Cell::id)
        .containsExactly("plain-long-seed1");
  }

  @Test
  void givesOneNetworkOneName() {
    assertThatThrownBy(() -> varied("", "plain-heavy-long"))
        .hasMessageContaining("asked for row 'plain-heavy-long'; write plain-long-heavy");
    assertThatThrownBy(() -> varied("", "plain-heavy-deep"))
        .hasMessageContaining(
            "variants heavy and deep both change recipe.student.losses.depth_weight");
    assertThatThrownBy(() -> varied("", "plain-long-long"))
        .hasMessageContaining("variant long is there twice");
    assertThatThrownBy(() -> varied("", "plain-long-havy"))
        .hasMessageContaining("did you mean 'plain-long-heavy'?")
        .hasMessageContaining("each of them also with -long, -heavy, -deep after its name");
    assertThatThrownBy(() -> varied("", "plane-long"))
        .hasMessageContaining("did you mean 'plain-long'?");
    assertThatThrownBy(() -> varied("", "plain-heavy-dep"))
        .as("plain-heavy-deep cannot be had either")
        .hasMessageContaining("'plain-heavy-dep', which is not there")
        .hasMessageNotContaining("plain-heavy-deep");
    assertThatThrownBy(
            () -> varied("  - {name: plain-long-heavy, like: plain, extra: true}\n", "plain"))
        .hasMessageContaining(
            "row plain-long-heavy has the name of what variants make of row plain; leave it out");
  }

  private static void assertRefused(String variants, String message) {
    assertThatThrownBy(() -> StrictYaml.parse(StudyFixture.YAML + variants, "s.yaml", Study.class))
        .hasMessageContaining(message);
  }

  @Test
  void refusesVariantsThatAreNone() {
    assertRefused(
        VARIANTS.replace("heavy:", "too-heavy:"),
        "a variant's name must be letters, digits, dots and underscores, got 'too-heavy'");
    assertRefused("variants: {long: {}}\n", "variant long changes nothing; give it steps_factor");
    assertRefused("variants: {long: {note: longer}}\n", "variant long changes nothing");
    assertRefused("variants: {long: {recipe: student}}\n", "variant long changes nothing");
    assertRefused("variants: {long: {steps_factor: 2000}}\n", "above 0 and at most 1000");
    assertRefused(
        "variants: {long: {recipe: {teacher: {batch: 2}}}}\n",
        "variant long changes recipe.teacher.batch; it may change steps_factor, recipe.student");
  }

  @Test
  void countsATrainingThatSeveralCellsNeedOnce() {
    Study study =
        StrictYaml.parse(
            StudyFixture.YAML
                + """
                    - name: taught-finely
                      like: taught
                      extra: true
                      recipe:
                        student:
                          data: [{kind: pseudo_labels, per_epoch: 10}]
                          fine_tuning: [{epochs: 3, height: 128}]
                    - {name: adjusted, like: taught-finely, extra: true, recipe: {student: {logit_adjustment: 1}}}
                  """,
            "s.yaml",
            Study.class);
    Plan plan = Plan.of(study, "s.yaml", Plan.Choice.NONE);
    List<Plan.Cell> first = plan.cells().stream().filter(cell -> cell.seed() == 1).toList();
    Plan.Cell plain = first.get(0);
    Plan.Cell seeing = first.get(1);
    Plan.Cell taught = first.get(3);
    Plan.Cell finely = first.get(4);
    Plan.Cell adjusted = first.get(5);
    Set<String> none = Set.of();
    // The teacher, of 150 steps, and the student, of 100.
    assertThat(plan.stepsAfter(plain, List.of(seeing, taught), none)).isEqualTo(250);
    assertThat(plan.stepsAfter(plain, List.of(taught), none)).isEqualTo(250);
    assertThat(plan.stepsAfter(seeing, List.of(taught), none)).isEqualTo(100);
    assertThat(plan.stepsAfter(plain, List.of(taught), Set.of(seeing.sha256()))).isEqualTo(100);
    assertThat(plan.stepsAfter(plain, List.of(taught), Set.of(taught.sha256()))).isZero();
    // Two steps of 4 frames in each of 3 epochs.
    assertThat(plan.stepsAfter(seeing, List.of(finely, adjusted), none)).isEqualTo(106);
    assertThat(plan.stepsAfter(finely, List.of(adjusted), none)).isZero();
    assertThat(plan.networkLine()).isEqualTo("edge at 64×96 (128×96 where a row's note says so)");
    // Another seed is another network.
    assertThat(plan.stepsAfter(seeing, plan.cells().subList(6, 8), none)).isEqualTo(250);
  }

  private static Study withBeside(String beside) {
    return StrictYaml.parse(
        StudyFixture.YAML
            + """
                - name: of-many
                  like: taught
                  extra: true
                  beside: [%s]
                  recipe: {teacher: {first_seed: 5, ensemble: 2, batch: 3}}
                - {name: of-many-adjusted, like: of-many, extra: true, recipe: {student: {logit_adjustment: 1}}}
              """
                .formatted(beside),
        "s.yaml",
        Study.class);
  }

  @Test
  void letsNetworksOfSeveralRowsTeach() {
    Plan plan = Plan.of(withBeside("plain"), "s.yaml", Plan.Choice.NONE);
    Plan.Cell cell = plan.cells().get(4);
    assertThat(cell.teachers().stream().map(Recipe::name))
        .containsExactly("seeing-seed5", "seeing-seed6", "plain-seed5", "plain-seed6");
    assertThat(cell.teachers().get(1).student().maxSteps()).isEqualTo(150);
    assertThat(cell.teachers().get(1).student().batch()).as("as the row changes it").isEqualTo(3);
    assertThat(cell.teachers().get(2).student()).isEqualTo(recipe(plan, "plain-seed1").student());
    Recipe taught = cell.taughtBy(List.of(Path.of("/a"), Path.of("/b")));
    assertThat(taught.teacher().trained()).containsExactly("/a", "/b");
    assertThat(taught.student()).isEqualTo(cell.recipe().student());
    assertThat(taught.pseudoLabels()).isEqualTo(cell.recipe().pseudoLabels());
    // Two teachers of 150 steps, two of 100 and the student.
    Plan.Cell plain = plan.cells().get(0);
    assertThat(plan.stepsAfter(plain, List.of(cell), Set.of())).isEqualTo(600);
    assertThat(plan.stepsAfter(cell, List.of(plan.cells().get(5)), Set.of())).isZero();
    // Who else teaches makes it another cell.
    Plan other = Plan.of(withBeside("seeing"), "s.yaml", Plan.Choice.NONE);
    assertThat(other.cells().get(4).sha256()).isNotEqualTo(cell.sha256());
  }

  @Test
  void refusesTeachersBesideOthersToWhichSomethingIsDoneAfterwards() {
    for (String done : List.of("logit_adjustment: 0.25", "precise_batch_norm: 8")) {
      Study study =
          StrictYaml.parse(
              StudyFixture.YAML
                  + "  - {name: done, like: plain, recipe: {student: {%s}}}\n".formatted(done)
                  + "  - {name: of-two, like: taught, beside: [done]}\n",
              "s.yaml",
              Study.class);
      assertThatThrownBy(() -> Plan.of(study, "s.yaml", Plan.Choice.NONE))
          .hasMessageContaining("row of-two learns from done-seed1 and others beside it")
          .hasMessageContaining("without logit_adjustment and precise_batch_norm");
    }
  }

  @Test
  void refusesTeachersBesideNoneOrThatAreTaughtThemselves() {
    assertThatThrownBy(() -> withBeside("plane"))
        .hasMessageContaining("row of-many has beside its teacher 'plane', which is not there")
        .hasMessageContaining("did you mean 'plain'");
    assertThatThrownBy(() -> varied("  - {name: a, like: taught, beside: [taught-long]}\n", "a"))
        .hasMessageContaining("'taught-long', which has a teacher itself");
    assertThatThrownBy(() -> withBeside("taught"))
        .hasMessageContaining("'taught', which has a teacher itself");
    assertThatThrownBy(
            () ->
                StrictYaml.parse(
                    StudyFixture.YAML.replace("teacher: seeing", "beside: [seeing]"),
                    "s.yaml",
                    Study.class))
        .hasMessageContaining("row taught has beside, but no teacher");
  }

  @Test
  void refusesToStartARowFromOneThatIsNotAbove() {
    assertThatThrownBy(
            () ->
                StrictYaml.parse(
                    StudyFixture.YAML.replace("- name: told", "- name: told\n    like: taught"),
                    "s.yaml",
                    Study.class))
        .hasMessageContaining("row told is like the row above 'taught', which is not there");
  }

  @Test
  void refusesATeacherThatIsNoRow() {
    assertThatThrownBy(
            () ->
                StrictYaml.parse(
                    StudyFixture.YAML.replace("teacher: seeing", "teacher: seein"),
                    "s.yaml",
                    Study.class))
        .hasMessageContaining("did you mean 'seeing'");
  }

  /** The nine rows of methods §1.2: what each sees, says and learns from. */
  @Test
  void shipsThePapersRowsAsThePaperHasThem() {
    Plan plan =
        Plan.of(
            Study.read(STUDIES.resolve("nyu-table.yaml")),
            "nyu-table.yaml",
            new Plan.Choice(null, null, null, null, 0, List.of(1L), List.of()));
    Map<String, String> rows =
        plan.cells().stream()
            .filter(cell -> !cell.row().extra())
            .collect(Collectors.toMap(cell -> cell.row().name(), PlanTest::inShort));
    String labelled = "paper_labelled250/all/all";
    String depth = "paper_depth500/paper_labelled250/all";
    assertThat(rows)
        .containsOnly(
            Map.entry("UMST-S", "none FEATURES [classes] " + labelled),
            Map.entry("FMST", "depth INPUT [classes] " + labelled),
            Map.entry("UMMT-D", "none FEATURES [classes, depth] " + depth),
            Map.entry("UMMT", "none FEATURES [classes, depth] " + labelled),
            Map.entry("MMST", "depth FEATURES [classes] " + labelled),
            Map.entry("MMMT-D", "depth FEATURES [classes, depth] " + labelled),
            Map.entry("MMMT-S", "labels FEATURES [classes, depth] " + labelled),
            Map.entry(
                "UMMT-PD",
                "none FEATURES [classes, depth] taught depth of"
                    + " paper_depth500/all/paper_labelled250 by labels FEATURES [classes, depth] "
                    + labelled),
            Map.entry(
                "UMMT-PS",
                "none FEATURES [classes, depth] taught classes of "
                    + depth
                    + " by depth FEATURES [classes, depth] "
                    + labelled));
    assertThat(plan.cells()).allMatch(cell -> !cell.recipe().export().enabled());
    Recipe student = recipe(plan, "UMMT-PS-seed1");
    assertThat(student.pseudoLabels().threshold()).isEqualTo(0.9);
    assertThat(student.pseudoLabels().soft()).isFalse();
    assertThat(student.student().losses().softWeight()).isZero();
    assertThat(student.teacher()).isEqualTo(recipe(plan, "MMMT-D-seed1").student());
  }

  @Test
  void shipsVariantsThatCanBeMade() {
    Study study = Study.read(STUDIES.resolve("nyu-table.yaml"));
    List<String> rows =
        new ArrayList<>(
            List.of(
                "UMMT-PS-of-crops",
                "UMMT-PS-beside",
                "UMMT-PS-mixed-of-crops",
                "UMMT-PS-ensemble-x8-adjusted",
                "UMMT-PS-taught-x4-adjusted",
                "UMMT-PS-mixed-x4-jitter-fine-adjusted",
                "UMST-S-x4-jitter-precise-adjusted"));
    for (String variant : study.variants().keySet()) {
      rows.addAll(List.of("MMMT-D-" + variant, "UMMT-PS-" + variant));
    }
    Plan plan =
        Plan.of(
            study, "nyu-table.yaml", new Plan.Choice(null, null, null, null, 0, List.of(1L), rows));
    assertThat(plan.cells()).hasSameSizeAs(rows);
    assertThat(recipe(plan, "UMMT-PS-of-crops-seed1").teacher())
        .isEqualTo(recipe(plan, "MMMT-D-crops-seed1").student());
  }

  private static String inShort(Plan.Cell cell) {
    Recipe recipe = cell.recipe();
    String text = inShort(recipe.student());
    return recipe.teacher() == null
        ? text
        : "%staught %s of %s by %s"
            .formatted(
                text,
                recipe.pseudoLabels().target(),
                inShort(recipe.pseudoLabels().data()),
                inShort(recipe.teacher()));
  }

  private static String inShort(Training training) {
    Network network = training.network();
    return "%s %s %s %s"
        .formatted(network.extra(), network.fusion(), network.heads(), inShort(training.data()));
  }

  private static String inShort(List<DataSet> data) {
    StringBuilder text = new StringBuilder();
    for (DataSet each : data) {
      if (each instanceof NyuFolder.Options nyu) {
        text.append(
            "%s/%s/%s"
                .formatted(
                    nyu.split(),
                    nyu.labelledSplit() == null ? "all" : nyu.labelledSplit(),
                    nyu.depthSplit() == null ? "all" : nyu.depthSplit()));
      }
    }
    return text.toString();
  }

  private static JsonNode frames(DataSet data) {
    return Canonical.without(
        Canonical.tree(data), Set.of("per_epoch", "depth_protocol", "optional"));
  }

  @Test
  void shipsACurveWhoseStudentsDifferByThePseudoLabelsAlone() {
    Plan plan =
        Plan.of(
            Study.read(STUDIES.resolve("nyu-curve.yaml")),
            "nyu-curve.yaml",
            new Plan.Choice(null, null, null, null, 0, List.of(1L), List.of()));
    for (int labels : new int[] {100, 50, 25, 12}) {
      Recipe with = recipe(plan, "UMMT-PS-%d-seed1".formatted(labels));
      Recipe without = recipe(plan, "UMMT-D-%d-seed1".formatted(labels));
      assertThat(frames(with.pseudoLabels().data().get(0)))
          .isEqualTo(frames(without.student().data().get(0)));
      assertThat(with.student().network()).isEqualTo(without.student().network());
      assertThat(with.student().maxSteps()).isEqualTo(without.student().maxSteps());
      assertThat(with.teacher())
          .isEqualTo(recipe(plan, "MMMT-D-%d-seed1".formatted(labels)).student());
    }
  }
}
