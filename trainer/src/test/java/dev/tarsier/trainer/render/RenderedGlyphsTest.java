package dev.tarsier.trainer.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.trainer.dataset.Sample;
import dev.tarsier.trainer.render.RenderedGlyphs.Glyphs;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RenderedGlyphsTest {
  private static RenderedGlyphs source(Glyphs glyphs, int first, int images) {
    return new RenderedGlyphs(
        new RenderedGlyphs.Options(glyphs, null, null, 7L, first, images, null, null, null),
        32,
        32);
  }

  /** Distance of two images, a value of a pixel on average. */
  private static double distance(Sample a, Sample b) {
    double sum = 0;
    for (int i = 0; i < a.rgb().length; i++) {
      sum += Math.abs((a.rgb()[i] & 0xff) - (b.rgb()[i] & 0xff));
    }
    return sum / a.rgb().length;
  }

  @ParameterizedTest
  @EnumSource(Glyphs.class)
  void drawsEachClassEquallyOftenAndNeverTheSameTwice(Glyphs glyphs) {
    RenderedGlyphs source = source(glyphs, 0, 60);
    String task = source.options().imageClasses().keySet().iterator().next();
    int classes = source.options().characters();
    int[] counts = new int[classes];
    Set<String> different = new HashSet<>();
    for (int i = 0; i < source.size(); i++) {
      Sample sample = source.get(i);
      assertThat(sample.planes()).containsOnlyKeys(task);
      counts[sample.plane(task).imageId()]++;
      different.add(java.util.Arrays.toString(sample.rgb()));
    }
    assertThat(counts).containsOnly(60 / classes);
    assertThat(different).hasSize(60);
  }

  /** Of the strokes alone, since what an image of digits has behind them says nothing. */
  @Test
  void drawingsOfOneCharacterAreMoreAlikeThanThoseOfTwo() {
    RenderedGlyphs source = source(Glyphs.CHARACTERS, 0, 400);
    double same = 0;
    double other = 0;
    for (int i = 0; i < 380; i++) {
      same += distance(source.get(i), source.get(i + 20));
      other += distance(source.get(i), source.get(i + 19));
    }
    assertThat(same).isLessThan(0.9 * other);
  }

  @Test
  void anImageDependsOnItsNumberAndSeedAlone() {
    Sample a = source(Glyphs.DIGITS, 0, 40).get(33);
    Sample b = source(Glyphs.DIGITS, 30, 10).get(3);
    assertThat(a.name()).isEqualTo(b.name()).isEqualTo("digits-7-33");
    assertThat(a.rgb()).isEqualTo(b.rgb());
    assertThat(source(Glyphs.DIGITS, 0, 40).sha256())
        .isNotEqualTo(source(Glyphs.DIGITS, 30, 10).sha256());
  }

  @Test
  void saysWhatItCannotDraw() {
    assertThatThrownBy(
            () -> new RenderedGlyphs.Options(Glyphs.DIGITS, 12, null, null, 0, 1, 0, null, null))
        .hasMessageContaining("there are ten digits, got 12");
    assertThatThrownBy(() -> source(Glyphs.CHARACTERS, -1, 5))
        .hasMessageContaining("first_image >= 0, got 5 and -1");
  }
}
