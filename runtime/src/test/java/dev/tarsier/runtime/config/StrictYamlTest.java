package dev.tarsier.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrictYamlTest {
  enum Schedule {
    COSINE,
    STEP
  }

  record Training(int epochs, double learningRate, Schedule schedule, List<String> tasks) {
    Training {
      if (epochs < 1) {
        throw new IllegalArgumentException("epochs must be at least 1, got " + epochs);
      }
    }
  }

  record Source(String kind, Path folder) {}

  record Recipe(String name, Training training, List<Source> data) {}

  record Part(Integer epochs, Double learningRate) {
    Part {
      if (epochs == null) {
        throw new IllegalArgumentException("epochs must be given");
      }
    }
  }

  record Step(List<Part> training) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Disc.class, name = "disc"),
    @JsonSubTypes.Type(value = Dot.class, name = "dot")
  })
  interface Shape {}

  record Dot() implements Shape {}

  record Holder(Shape shape) {}

  record Disc(Double radius) implements Shape {
    Disc {
      if (radius == null) {
        throw new IllegalArgumentException("radius must be given");
      }
    }
  }

  record Shapes(List<Shape> shapes) {}

  private static final Recipe DEFAULTS =
      new Recipe(
          "plain",
          new Training(10, 0.5, Schedule.STEP, List.of("depth")),
          List.of(new Source("folder", Path.of("a"))));

  @Test
  void readsSnakeCaseKeysIntoRecords(@TempDir Path folder) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            """
            name: first
            training:
              epochs: 3
              learning_rate: 1e-3
              schedule: cosine
              tasks: [classes, depth]
            data:
              - kind: rendered
              - kind: folder
                folder: nyu
            """);
    assertThat(StrictYaml.read(file, Recipe.class))
        .isEqualTo(
            new Recipe(
                "first",
                new Training(3, 1e-3, Schedule.COSINE, List.of("classes", "depth")),
                List.of(new Source("rendered", null), new Source("folder", Path.of("nyu")))));
  }

  @Test
  void keepsDefaultsForKeysTheTextDoesNotName() {
    Recipe read = StrictYaml.parse("training:\n  epochs: 4\n", "r.yaml", DEFAULTS);
    assertThat(read.training()).isEqualTo(new Training(4, 0.5, Schedule.STEP, List.of("depth")));
    assertThat(read.name()).isEqualTo("plain");
    assertThat(read.data()).isEqualTo(DEFAULTS.data());
    assertThat(StrictYaml.parse("# nothing\n", "r.yaml", DEFAULTS)).isEqualTo(DEFAULTS);
  }

  private static Recipe with(String... settings) {
    return StrictYaml.parse(
        "name: x\ndata:\n  - {kind: a}\n  - {kind: b}\ntraining:\n  epochs: 4\n",
        "r.yaml",
        Stream.of(settings).map(Setting::parse).toList(),
        DEFAULTS);
  }

  @Test
  void takesSettingsInsteadOfWhatTheTextSays() {
    assertThat(with("training.epochs=20", "training.tasks=[a, b]", "name=y=z").training())
        .isEqualTo(new Training(20, 0.5, Schedule.STEP, List.of("a", "b")));
    assertThat(with("name=y=z").name()).isEqualTo("y=z");
    assertThat(with("data[1].kind=c", "data.0.folder=/d").data())
        .containsExactly(new Source("a", Path.of("/d")), new Source("c", null));
    assertThat(with("training={epochs: 7}").training().epochs()).isEqualTo(7);
    assertThat(
            StrictYaml.parse("", "r.yaml", List.of(Setting.parse("training.epochs=2")), DEFAULTS)
                .training()
                .epochs())
        .isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "training.epochs | 'training.epochs' must be KEY=VALUE, such as student.epochs=20",
        "=3 | '=3' must be KEY=VALUE",
        "a..b=3 | 'a..b' is no key",
        "data[x]=3 | 'data[x]' is no key",
        "training.epohcs=3 | --set training.epohcs: unknown key; did you mean 'epochs'?",
        "training.epochs=0 | r.yaml:5: training: epochs must be at least 1, got 0",
        "training.epochs=many | --set training.epochs: must be a whole number",
        "training={epochs: 1, tasks: 3} | --set training.tasks: must be a list",
        "name.first=a | --set name.first: name is 'x', which has no keys",
        "data.kind=a | --set data.kind: data is a list; say which entry, such as data[0]",
        "data[2].kind=a | --set data[2].kind: data has 2 entries, counted from 0",
        "training[0]=a | --set training[0]: training is a section with keys, no list",
        "training.tasks=[a | --set training.tasks:1: is not valid YAML",
      })
  void namesTheSettingThatIsWrong(String setting, String message) {
    assertThatThrownBy(() -> with(setting))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void writesWhatItReads() {
    assertThat(StrictYaml.parse(StrictYaml.write(DEFAULTS), "w", Recipe.class)).isEqualTo(DEFAULTS);
  }

  @Test
  void namesTheNearestNeighbourOfAnUnknownKeyWithFileAndLine() {
    assertThatThrownBy(
            () ->
                StrictYaml.parse(
                    "name: x\ntraining:\n  epochs: 3\n  learnig_rate: 0.1\n",
                    "recipe.yaml",
                    DEFAULTS))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(
            "recipe.yaml:4: training.learnig_rate: unknown key; did you mean 'learning_rate'?")
        .hasMessageContaining("Known here: epochs, learning_rate, schedule, tasks");
  }

  @Test
  void namesAnUnknownKeyInsideAList() {
    assertThatThrownBy(
            () -> StrictYaml.parse("data:\n  - kind: a\n  - knid: b\n", "r.yaml", DEFAULTS))
        .hasMessageStartingWith("r.yaml:3: data[1].knid: unknown key; did you mean 'kind'?");
  }

  @Test
  void namesAMisspeltKeyAndNotWhatIsMissingForIt() {
    assertThatThrownBy(() -> StrictYaml.parse("training:\n  - epoch: 3\n", "r.yaml", Step.class))
        .hasMessage(
            "r.yaml:2: training[0].epoch: unknown key; did you mean 'epochs'? Known here: epochs,"
                + " learning_rate");
    assertThatThrownBy(
            () -> StrictYaml.parse("training:\n  - learning_rate: 3\n", "r.yaml", Step.class))
        .hasMessage("r.yaml:2: training[0]: epochs must be given");
  }

  @Test
  void refusesWhatIsNoNumber() {
    for (String value : new String[] {".nan", ".inf", "-.inf"}) {
      assertThatThrownBy(
              () ->
                  StrictYaml.parse("shape: {kind: disc, radius: " + value + "}", "r", Holder.class))
          .isInstanceOf(ConfigException.class)
          .hasMessage("r:1: .nan and .inf are no values here; write a number");
    }
  }

  /** Where nothing but the kind is to be said it may stand alone. */
  @Test
  void readsAKindAloneAndNoListForASection() {
    assertThat(StrictYaml.parse("shape: dot", "r", Holder.class).shape()).isEqualTo(new Dot());
    assertThat(StrictYaml.parse("shapes: [dot, {kind: disc, radius: 2}]", "r", Shapes.class))
        .isEqualTo(new Shapes(List.of(new Dot(), new Disc(2.0))));
    assertThatThrownBy(() -> StrictYaml.parse("shape: [dot]", "r", Holder.class))
        .isInstanceOf(ConfigException.class)
        .hasMessage("r:1: shape: must be one section with the key kind, not a list");
    assertThatThrownBy(() -> StrictYaml.parse("shape: 3", "r", Holder.class))
        .hasMessage("r:1: shape: must be one section with the key kind, or the kind alone, not 3");
    assertThatThrownBy(() -> StrictYaml.parse("shapes:\n- [disc, {radius: 2}]", "r", Shapes.class))
        .hasMessage("r:2: shapes[0]: must be one section with the key kind, not a list");
    assertThatThrownBy(() -> StrictYaml.parse("shape: disk", "r", Holder.class))
        .hasMessageContaining("disk");
    assertThatThrownBy(() -> StrictYaml.parse("shape: {radius: 2}", "r", Holder.class))
        .hasMessageStartingWith("r:1: shape: needs a kind, ")
        .hasMessageContaining("disc")
        .hasMessageContaining("dot");
    assertThatThrownBy(() -> StrictYaml.parse("shape:", "r", Holder.class))
        .hasMessageStartingWith("r:1: shape: needs a kind, ");
  }

  @Test
  void takesNoFamilysKindForAMisspeltKey() {
    assertThatThrownBy(() -> StrictYaml.parse("shapes:\n  - kind: disc\n", "r", Shapes.class))
        .hasMessage("r:2: shapes[0]: radius must be given");
    assertThatThrownBy(
            () -> StrictYaml.parse("shapes:\n  - {kind: disc, radios: 2}\n", "r", Shapes.class))
        .hasMessageStartingWith("r:2: shapes[0].radios: unknown key; did you mean 'radius'?");
  }

  @Test
  void guessesNothingFarFetched() {
    assertThatThrownBy(() -> StrictYaml.parse("zebra: 1\n", "r.yaml", DEFAULTS))
        .hasMessageStartingWith("r.yaml:1: zebra: unknown key. Known here: data, name, training");
  }

  @Test
  void reportsARecordsOwnCheckAtItsLine() {
    assertThatThrownBy(
            () -> StrictYaml.parse("name: x\ntraining:\n  epochs: 0\n", "r.yaml", DEFAULTS))
        .hasMessage("r.yaml:2: training: epochs must be at least 1, got 0");
  }

  @Test
  void refusesTextWhereANumberBelongs() {
    assertThatThrownBy(() -> StrictYaml.parse("training:\n  epochs: many\n", "r.yaml", DEFAULTS))
        .hasMessageStartingWith("r.yaml:2: training.epochs: must be a whole number");
    assertThatThrownBy(() -> StrictYaml.parse("training:\n  epochs: 1.5\n", "r.yaml", DEFAULTS))
        .hasMessageStartingWith("r.yaml:2: training.epochs:");
  }

  @Test
  void listsTheValuesOfAnEnum() {
    assertThatThrownBy(() -> StrictYaml.parse("training:\n  schedule: cosin\n", "r", DEFAULTS))
        .hasMessage(
            "r:2: training.schedule: must be one of cosine, step, got 'cosin'; did you mean"
                + " 'cosine'?");
  }

  @Test
  void demandsAPrimitiveThatHasNoDefault() {
    assertThatThrownBy(() -> StrictYaml.parse("training:\n  epochs: 3\n", "r.yaml", Recipe.class))
        .hasMessage("r.yaml:1: training.learning_rate: is missing; it must be a number");
  }

  @Test
  void refusesAKeyGivenTwice() {
    assertThatThrownBy(() -> StrictYaml.parse("name: a\nname: b\n", "r.yaml", DEFAULTS))
        .hasMessageContaining("r.yaml:2")
        .hasMessageContaining("name");
  }

  @Test
  void saysWhereTextIsNoYaml() {
    assertThatThrownBy(() -> StrictYaml.parse("name: [a\nb: c: d", "r.yaml", DEFAULTS))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("r.yaml:")
        .hasMessageContaining("is not valid YAML");
  }

  @Test
  void saysWhichFileIsNotThere(@TempDir Path folder) {
    assertThatThrownBy(() -> StrictYaml.read(folder.resolve("no.yaml"), DEFAULTS))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("no.yaml: there is no such file");
  }

  @Test
  void bindsParametersThatAreATree() {
    Recipe read =
        StrictYaml.bind(Map.of("training", Map.of("epochs", 7)), "parameters of /t", DEFAULTS);
    assertThat(read.training().epochs()).isEqualTo(7);
    assertThatThrownBy(() -> StrictYaml.bind(Map.of("nane", "x"), "parameters of /t", DEFAULTS))
        .hasMessageStartingWith("parameters of /t: nane: unknown key; did you mean 'name'?");
  }

  @Test
  void countsEditsAsAHandDoes() {
    assertThat(NearestName.edits("kitten", "sitting")).isEqualTo(3);
    assertThat(NearestName.edits("knid", "kind")).isEqualTo(1);
    assertThat(NearestName.edits("", "abc")).isEqualTo(3);
  }
}
