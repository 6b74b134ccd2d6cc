package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassPresenceTest {
  private static final ClassSet THREE =
      new ClassSet("three", List.of("wall", "floor", "chair"), List.of(1, 2, 3), "label3");

  private static SampleSource source(int[]... labels) {
    List<Sample> samples =
        Arrays.stream(labels)
            .map(
                ids -> {
                  byte[] bytes = null;
                  if (ids != null) {
                    bytes = new byte[ids.length];
                    for (int i = 0; i < ids.length; i++) {
                      bytes[i] = (byte) ids[i];
                    }
                  }
                  return new Sample("frame", 2, 1, new byte[6], null, bytes);
                })
            .toList();
    return new SampleSource() {
      @Override
      public int size() {
        return samples.size();
      }

      @Override
      public Sample get(int index) {
        return samples.get(index);
      }

      @Override
      public String name() {
        return "nyuv2/few";
      }

      @Override
      public String sha256() {
        return "0".repeat(64);
      }
    };
  }

  @Test
  void namesTheClassesThatNoPixelHas() {
    ClassPresence presence = ClassPresence.of(source(new int[] {1, 255}, null), THREE);
    assertThat(presence.absentClasses()).containsExactly("wall", "chair");
    assertThat(presence.pixels()).containsExactly(0L, 1L, 0L);
    assertThat(presence.warning())
        .isEqualTo(
            "nyuv2/few has no pixel of wall, chair (2 of the 3 classes of three, in 1 labelled"
                + " frames)");
    assertThat(presence.requireAny()).isSameAs(presence);
  }

  @Test
  void hasNothingToWarnOfWhenAllArePresent() {
    ClassPresence presence = ClassPresence.of(source(new int[] {0, 1}, new int[] {2, 2}), THREE);
    assertThat(presence.absentClasses()).isEmpty();
    assertThat(presence.warning()).isEmpty();
    assertThat(presence.labelledFrames()).isEqualTo(2);
  }

  @Test
  void refusesASourceWithoutAnyLabelledPixel() {
    ClassPresence presence = ClassPresence.of(source(new int[] {255, 255}, null), THREE);
    assertThatThrownBy(presence::requireAny)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nyuv2/few has no labelled pixel of any class of three");
  }

  @Test
  void namesTheFrameOfALabelOutOfRange() {
    SampleSource source = source(new int[] {0, 3});
    assertThatThrownBy(() -> ClassPresence.of(source, THREE))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("frame: label 3 is out of range");
  }
}
