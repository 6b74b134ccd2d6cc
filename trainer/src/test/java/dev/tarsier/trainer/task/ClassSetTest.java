package dev.tarsier.trainer.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import java.awt.color.ColorSpace;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassSetTest {
  /** Without ids files store 0, 1, 2 …, or 1, 2, 3 … where 0 is nothing. */
  @ParameterizedTest
  @CsvSource({
    "'ignored: [1]', 1",
    "'merges: {2: floor}', 2",
    "'ignore_id: 0, merges: {3: floor}', 3"
  })
  void aNumberThatIsAClassCannotBeSomethingElse(String said, int number) {
    assertThatThrownBy(
            () ->
                parsed(
                    "classes: {name: depot, names: [floor, crate, person], %s}\n".formatted(said)))
        .hasMessageContaining(number + " is the id of ")
        .hasMessageContaining("ids: [1, 2, 3]");
    ClassSet fromOne = parsed("classes: {name: depot, names: [floor, crate], ignore_id: 0}\n");
    assertThat(List.of(0, 1, 2, 255, 3).stream().map(fromOne::ofStored))
        .containsExactly(255, 0, 1, 255, -1);
  }

  @Test
  void findsClassesByTheirId() {
    assertThat(ClassSet.of("nyu13").size()).isEqualTo(13);
    assertThat(ClassSet.of("nyu40").size()).isEqualTo(40);
    assertThat(ClassSet.of("nyu40").labelFolder()).isEqualTo("label40");
    assertThat(ClassSet.of("cityscapes19").size()).isEqualTo(19);
    assertThat(ClassSet.of("cityscapes7").size()).isEqualTo(7);
    assertThat(ClassSet.of("nyu13").color(0)).isEqualTo("#E6550D");
  }

  @Test
  void namesTheClassesThereAreWhenAskedForOthers() {
    assertThatThrownBy(() -> ClassSet.of("nyu14"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("classes must be one of nyu13, nyu40, cityscapes19, cityscapes7, got 'nyu14'");
  }

  @Test
  void refusesAClassWithoutColour() {
    assertThatThrownBy(
            () -> new ClassSet("two", List.of("a", "b"), List.of(1), "labels", "two", null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 names and 1 colours");
  }

  @Test
  void theFortyClassesFallIntoTheThirteen() {
    // One of each of the 13, by the data set's own grouping, and the many that are "objects".
    assertThat(of40("wall")).isEqualTo("wall");
    assertThat(of40("floor mat")).isEqualTo("floor");
    assertThat(of40("cabinet")).isEqualTo("furniture");
    assertThat(of40("bed")).isEqualTo("bed");
    assertThat(of40("chair")).isEqualTo("chair");
    assertThat(of40("sofa")).isEqualTo("sofa");
    assertThat(of40("desk")).isEqualTo("table");
    assertThat(of40("door")).isEqualTo("wall");
    assertThat(of40("blinds")).isEqualTo("window");
    assertThat(of40("picture")).isEqualTo("picture");
    assertThat(of40("ceiling")).isEqualTo("ceiling");
    assertThat(of40("books")).isEqualTo("books");
    assertThat(of40("television")).isEqualTo("tv");
    assertThat(of40("person")).isEqualTo("objects");
    assertThat(of40("otherfurniture")).isEqualTo("furniture");
    assertThat(of40("otherprop")).isEqualTo("objects");
  }

  private static String of40(String name) {
    return ClassSet.NYU_13.names().get(ClassSet.NYU_13.ofName(name));
  }

  @Test
  void noTwoOfTheFortyColoursLookAlike() {
    List<Integer> colors = ClassSet.NYU_40.colors();
    for (int a = 0; a < colors.size(); a++) {
      for (int b = 0; b < a; b++) {
        // 2.3 is a just noticeable difference in CIE Lab; the 13's closest pair is 16.9 apart.
        assertThat(distance(colors.get(a), colors.get(b)))
            .as(ClassSet.NYU_40.names().get(a) + " and " + ClassSet.NYU_40.names().get(b))
            .isGreaterThan(15);
      }
    }
  }

  private static double distance(int a, int b) {
    double[] first = lab(a);
    double[] second = lab(b);
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      sum += (first[i] - second[i]) * (first[i] - second[i]);
    }
    return Math.sqrt(sum);
  }

  /** CIE Lab under D50, by way of the platform's XYZ. */
  private static double[] lab(int color) {
    float[] rgb = {(color >> 16 & 255) / 255f, (color >> 8 & 255) / 255f, (color & 255) / 255f};
    float[] xyz = ColorSpace.getInstance(ColorSpace.CS_sRGB).toCIEXYZ(rgb);
    double x = bent(xyz[0] / 0.9642);
    double y = bent(xyz[1]);
    double z = bent(xyz[2] / 0.8249);
    return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
  }

  private static double bent(double t) {
    return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116.0;
  }

  @Test
  void cityscapesLabelsFallIntoNineteenClasses() {
    int[] expected = new int[34];
    Arrays.fill(expected, 255);
    int[][] pairs = {
      {7, 0}, {8, 1}, {11, 2}, {12, 3}, {13, 4}, {17, 5}, {19, 6}, {20, 7}, {21, 8}, {22, 9},
      {23, 10}, {24, 11}, {25, 12}, {26, 13}, {27, 14}, {28, 15}, {31, 16}, {32, 17}, {33, 18}
    };
    for (int[] pair : pairs) {
      expected[pair[0]] = pair[1];
    }
    for (int label = 0; label < expected.length; label++) {
      assertThat(ClassSet.CITYSCAPES_19.ofStored(label))
          .as("label " + label)
          .isEqualTo(expected[label]);
    }
  }

  @Test
  void cityscapesLabelsFallIntoSevenCategories() {
    int[] firsts = {7, 11, 17, 21, 23, 24, 26};
    int[] lasts = {10, 16, 20, 22, 23, 25, 33};
    for (int label = 0; label < 7; label++) {
      assertThat(ClassSet.CITYSCAPES_7.ofStored(label)).isEqualTo(255);
    }
    for (int id = 0; id < 7; id++) {
      assertThat(ClassSet.CITYSCAPES_7.ofStored(firsts[id])).isEqualTo(id);
      assertThat(ClassSet.CITYSCAPES_7.ofStored(lasts[id])).isEqualTo(id);
    }
    assertThat(ClassSet.CITYSCAPES_7.ofStored(34)).isEqualTo(-1);
  }

  @Test
  void theFortyClassesAreStoredAsTheyAreNumberedFromOne() {
    assertThat(ClassSet.NYU_40.ofStored(0)).isEqualTo(255);
    assertThat(ClassSet.NYU_40.ofStored(1)).isZero();
    assertThat(ClassSet.NYU_40.ofStored(40)).isEqualTo(39);
    assertThat(ClassSet.NYU_40.ofStored(41)).isEqualTo(-1);
    assertThat(ClassSet.NYU_40.storedByOwnIds().ofStored(0)).isZero();
    assertThat(ClassSet.CITYSCAPES_7.storedByOwnIds().ofStored(8)).isEqualTo(-1);
    assertThat(ClassSet.CITYSCAPES_7.storedByOwnIds().ofName("road")).isZero();
  }

  @Test
  void readsNamesIdsAndColoursOfOnesOwnClasses() {
    ClassSet set =
        parsed(
            """
            classes:
              name: depot
              classes:
                - {name: floor, id: 3, color: "#804080"}
                - {name: crate, id: 7, color: "#00ff00", merges: [box, 9, "#00fe00"]}
              merges: {pallet: crate}
              ignored: [forklift, 5]
              ignore_id: 0
            """);
    assertThat(set.names()).containsExactly("floor", "crate");
    assertThat(set.color(1)).isEqualTo("#00FF00");
    assertThat(List.of("floor", "box", "pallet", "forklift", "bus").stream().map(set::ofName))
        .containsExactly(0, 1, 1, 255, -1);
    assertThat(List.of(3, 7, 9, 5, 0, 255, 1).stream().map(set::ofStored))
        .containsExactly(0, 1, 1, 255, 255, 255, -1);
    assertThat(set.ofColor(0x00FE00)).isEqualTo(1);
    assertThat(set.ofColor(0x00FD00)).isEqualTo(-1);
    assertThat(parsed(StrictYaml.write(new Holder(set)))).as("what a run records").isEqualTo(set);
  }

  private record Holder(ClassSet classes) {}

  private static ClassSet parsed(String yaml) {
    return StrictYaml.parse(yaml, "own.yaml", Holder.class).classes();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          names: [a, a]                                   | 'a' is there twice
          names: [a, b], ids: [4, 4]                      | 'a' and 'b' have one id, 4
          names: [a, b], ids: [4]                         | one for each class
          names: [a, b], ids: [4, 255]                    | 255, which is ignored
          names: [a, b], colors: ["#010203", "#010203"]   | 'a' and 'b' have one colour, #010203
          names: [floor], merges: {box: flor}             | 'flor', which is no class; did you mean 'floor'?
          names: [a, b], merges: {a: b}                   | 'a' is a class itself
          names: [a], merges: {x: a}, ignored: [x]        | both merged and ignored
          names: [a], ids: [2], ignored: [2]              | 2 is the id of class 'a'
          names: [" a"]                                   | begin or end with a space
          classes: [{name: a, id: 1}, {name: b}]          | class 'b' has no id, others have
          classes: [{name: a, merges: [x]}, {name: b, merges: [x]}] | both 'a' and 'b'
          """)
  void saysWhatIsWrongWithOnesOwnClasses(String keys, String fault) {
    assertThatThrownBy(() -> parsed("classes: {name: own, " + keys + "}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("own.yaml")
        .hasMessageContaining(fault);
  }

  @Test
  void refusesMoreClassesThanAPixelsIdCanName() {
    List<String> names = IntStream.range(0, 255).mapToObj(i -> "c" + i).toList();
    assertThatThrownBy(() -> parsed("classes: {name: own, names: " + names + "}"))
        .hasMessageContaining("1 to 254 classes, got 255");
  }
}
