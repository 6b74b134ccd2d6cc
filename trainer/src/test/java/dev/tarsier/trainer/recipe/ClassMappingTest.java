package dev.tarsier.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.task.ClassSet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassMappingTest {
  private static final List<String> NETWORKS = List.of("Bed", "rug", "wall", "gizmo", "sky");
  private final List<String> unsaid = new ArrayList<>();

  private List<Integer> map(String yaml) {
    JsonNode said = yaml.isEmpty() ? null : StrictYaml.parse(yaml, "map.yaml", JsonNode.class);
    return ClassMapping.of(NETWORKS, ClassSet.NYU_13, said, "map.yaml", unsaid);
  }

  private static int id(String name) {
    return ClassSet.NYU_13.names().indexOf(name);
  }

  @Test
  void severalBecomeOneAndNullIsNone() {
    assertThat(map("{rug: floor, gizmo: objects, sky: null}"))
        .containsExactly(id("bed"), id("floor"), id("wall"), id("objects"), ClassMapping.NONE);
    assertThat(unsaid).isEmpty();
  }

  @Test
  void placesAreNamesTooAndNamesNeedNoCase() {
    assertThat(map("{1: Floor, GIZMO: objects, 4: ignored}"))
        .containsExactly(id("bed"), id("floor"), id("wall"), id("objects"), ClassMapping.NONE);
  }

  @Test
  void whatHasTheSameNameNeedsNoWordAndTheRestIsTold() {
    assertThat(map("")).containsExactly(id("bed"), -1, id("wall"), -1, -1);
    assertThat(unsaid).containsExactly("rug", "gizmo", "sky");
  }

  @Test
  void namesThatAreNoneAreNamedWithTheNearest() {
    assertThatThrownBy(() -> map("{rugs: floor}"))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "map.yaml: the network has no class 'rugs' (did you mean 'rug'?); it has Bed, rug, wall, gizmo, sky");
    assertThatThrownBy(() -> map("{rug: flor}"))
        .hasMessageStartingWith(
            "map.yaml: rug is 'flor', which is no class of nyu13 (did you mean 'floor'?); it has ")
        .hasMessageEndingWith(", and null is for none");
    assertThatThrownBy(() -> map("{7: floor}")).hasMessageContaining("no class '7'");
    assertThatThrownBy(() -> map("{rug: floor, 1: wall}"))
        .hasMessage("map.yaml: 'rug' is said twice, by its name and its place");
    assertThatThrownBy(() -> map("{rug: [floor]}")).hasMessageContaining("rug must be a class");
  }

  @Test
  void aNetworkOfWhichNothingIsKnownIsRefused() {
    assertThatThrownBy(
            () ->
                ClassMapping.of(
                    List.of("class_0", "class_1"), ClassSet.NYU_13, null, "", new ArrayList<>()))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("none of the network's classes is one of nyu13; map them with");
  }
}
