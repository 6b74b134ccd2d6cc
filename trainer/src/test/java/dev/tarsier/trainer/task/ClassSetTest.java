package dev.tarsier.trainer.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.runtime.task.ClassMap;
import java.awt.color.ColorSpace;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassSetTest {
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
    assertThat(NyuClasses.to13(ClassMap.USUAL_IGNORE_ID)).isEqualTo(ClassMap.USUAL_IGNORE_ID);
  }

  private static String of40(String name) {
    return NyuClasses.NAMES_13.get(NyuClasses.to13(NyuClasses.NAMES_40.indexOf(name)));
  }

  @Test
  void noTwoOfTheFortyColoursLookAlike() {
    List<Integer> colors = NyuClasses.COLORS_40;
    for (int a = 0; a < colors.size(); a++) {
      for (int b = 0; b < a; b++) {
        // 2.3 is a just noticeable difference in CIE Lab; the 13's closest pair is 16.9 apart.
        assertThat(distance(colors.get(a), colors.get(b)))
            .as(NyuClasses.NAMES_40.get(a) + " and " + NyuClasses.NAMES_40.get(b))
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
    int[] expected = new int[35];
    Arrays.fill(expected, 255);
    int[][] pairs = {
      {7, 0}, {8, 1}, {11, 2}, {12, 3}, {13, 4}, {17, 5}, {19, 6}, {20, 7}, {21, 8}, {22, 9},
      {23, 10}, {24, 11}, {25, 12}, {26, 13}, {27, 14}, {28, 15}, {31, 16}, {32, 17}, {33, 18}
    };
    for (int[] pair : pairs) {
      expected[pair[0]] = pair[1];
    }
    for (int label = 0; label < expected.length; label++) {
      assertThat(CityscapesClasses.to19(label)).as("label " + label).isEqualTo(expected[label]);
    }
  }

  @Test
  void cityscapesLabelsFallIntoSevenCategories() {
    int[] firsts = {7, 11, 17, 21, 23, 24, 26};
    int[] lasts = {10, 16, 20, 22, 23, 25, 33};
    for (int label = 0; label < 7; label++) {
      assertThat(CityscapesClasses.to7(label)).isEqualTo(255);
    }
    for (int id = 0; id < 7; id++) {
      assertThat(CityscapesClasses.to7(firsts[id])).isEqualTo(id);
      assertThat(CityscapesClasses.to7(lasts[id])).isEqualTo(id);
    }
    assertThat(CityscapesClasses.to7(34)).isEqualTo(255);
  }
}
