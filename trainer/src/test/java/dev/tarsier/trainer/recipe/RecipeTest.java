package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeTest {
  @TempDir private Path temp;

  private Recipe read(String text) throws IOException {
    return Recipe.read(Files.writeString(temp.resolve("recipe.yaml"), text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"indoor-edge-v1", "nyu-depth-assisted", "synthetic-quick"})
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

  @Test
  void readsDataSetsOfEveryKind() throws IOException {
    Recipe recipe =
        read(
            """
            name: a
            classes: cityscapes7
            student:
              augmentation: {max_scale: 1}
              data:
                - {kind: cityscapes, root: c, split: train, choose: {count: 300}, depth: inverse,
                   labelled: {count: 200}}
                - {kind: nyu_mat, path: n.mat, split: train_fit, depth: raw,
                   labelled: {list: few.txt}}
                - {kind: bag, path: b.bag, labels_from: labels}
            """);
    DataSet.CityscapesFolder city = (DataSet.CityscapesFolder) recipe.student().data().get(0);
    assertThat(city.shrink()).isEqualTo(8);
    assertThat(city.labelled()).isEqualTo(new DataSet.Choice(200, 1L, null));
    assertThat(city.truth()).hasValueSatisfying(truth -> assertThat(truth).isNotEqualTo(city));
    DataSet.NyuMat mat = (DataSet.NyuMat) recipe.student().data().get(1);
    assertThat(mat.labelled().list()).isEqualTo("few.txt");
    assertThat(((DataSet.Bag) recipe.student().data().get(2)).labelsFrom()).isEqualTo("labels");
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
        .hasMessageContaining("augmentation: {max_scale: 1}");
  }

  @Test
  void keepsDefaultsSectionBySection() throws IOException {
    Recipe recipe = read("name: a\nstudent:\n  network: {height: 96}\n");
    assertThat(recipe.student().network().height()).isEqualTo(96);
    assertThat(recipe.student().network().width()).isEqualTo(320);
    assertThat(recipe.student().batch()).isEqualTo(8);
  }

  @Test
  void replacesVariablesFromTheEnvironment() {
    Places places = new Places(temp.resolve("r.yaml"), Map.of("DATA", "/d", "EMPTY", ""));
    assertThat(places.expand("${DATA}/x")).isEqualTo("/d/x");
    assertThat(places.expand("${NONE:-../s}/x")).isEqualTo("../s/x");
    assertThat(places.expand("${EMPTY:-e}")).isEqualTo("e");
    assertThatThrownBy(() -> places.expand("${NONE}/x")).hasMessageContaining("NONE");
  }

  @Test
  void findsFilesBesideTheRecipe() throws IOException {
    Files.createDirectories(temp.resolve("data"));
    Places places = new Places(temp.resolve("r.yaml"), Map.of());
    assertThat(places.find("data")).contains(temp.resolve("data"));
    assertThat(places.find("nowhere")).isEmpty();
    assertThat(places.tried("nowhere")).contains(temp.resolve("nowhere").toString());
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
}
