package dev.tarsier.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FrameChoiceTest {
  private static final List<String> FRAMES =
      IntStream.range(0, 11).mapToObj(i -> "frame" + i).toList();

  private static List<String> part(String part, long seed) {
    return new FrameChoice(null, seed, null, part).of(FRAMES, "the data");
  }

  @Test
  void partsShareNothingAndAreAllFramesTogether() {
    for (int parts = 2; parts <= 11; parts++) {
      List<String> all = new ArrayList<>();
      for (int k = 1; k <= parts; k++) {
        List<String> part = part(k + "/" + parts, 1);
        assertThat(part).hasSizeBetween(11 / parts, 11 / parts + 1);
        assertThat(part.stream().map(FRAMES::indexOf).toList()).isSorted();
        all.addAll(part);
      }
      assertThat(all).containsExactlyInAnyOrderElementsOf(FRAMES);
    }
  }

  @Test
  void partsFollowFromTheSeedAndTheFirstIsThatOfACount() {
    assertThat(part("1/2", 1)).isEqualTo(part("1/2", 1)).isNotEqualTo(part("1/2", 2));
    assertThat(part("1/2", 3)).isEqualTo(new FrameChoice(5, 3L, null, null).of(FRAMES, "the data"));
  }

  @Test
  void refusesWhatIsNoPart() {
    for (String wrong : List.of("half", "0/2", "3/2", "1", "1/0", "-1/2", "1 / 2")) {
      assertThatThrownBy(() -> new FrameChoice(null, null, null, wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("1/2", "'" + wrong + "'");
    }
    assertThatThrownBy(() -> new FrameChoice(3, null, null, "1/2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one of the three");
  }

  @Test
  void namesAPartWithoutAFrame() {
    assertThatThrownBy(() -> part("1/12", 1))
        .isInstanceOf(DataException.class)
        .hasMessage("the data has 11 frames, part 1/12 was asked for");
  }
}
