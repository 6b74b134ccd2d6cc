package dev.tarsier.ros.frames;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a network is unsure of, and which frames are chosen by it; values by hand. */
class UncertaintyTest {
  private static final ClassMap CLASSES =
      new ClassMap(
          List.of(new ClassLabel(0, "a", "#000000"), new ClassLabel(1, "b", "#FFFFFF")), 255);

  private static Plane ids(int width, int... ids) {
    byte[] bytes = new byte[ids.length];
    for (int i = 0; i < ids.length; i++) {
      bytes[i] = (byte) ids[i];
    }
    return Plane.ofIds(bytes, width, ids.length / width);
  }

  private static Plane metres(float... values) {
    return Plane.ofValues(values, values.length, 1, 1);
  }

  @Test
  void classesDisagreeWhereNoNeighbourHasTheClass() {
    Plane plane = ids(6, 0, 0, 0, 0, 1, 1);
    assertThat(CLASSES.accept(new Disagreement(plane, ids(6, 1, 1, 0, 0, 0, 0)))).isZero();
    // an edge that moved by one pixel is none
    assertThat(CLASSES.accept(new Disagreement(plane, ids(6, 1, 1, 1, 0, 0, 0)))).isZero();
    assertThat(CLASSES.accept(new Disagreement(plane, ids(6, 0, 0, 0, 0, 0, 0))))
        .isEqualTo(2.0 / 6);
  }

  @Test
  void metresDisagreeInShapeNotInScale() {
    MetricMap kind = MetricMap.metres(0, 10);
    Plane plane = metres(1, 2, 4);
    assertThat(kind.accept(new Disagreement(plane, metres(4, 2, 1)))).isZero();
    assertThat(kind.accept(new Disagreement(plane, metres(8, 4, 2)))).isZero();
    assertThat(kind.accept(new Disagreement(plane, metres(6, 2, 1))))
        .isCloseTo(Math.log(1.5) / 3, within(1e-6));
    assertThat(kind.accept(new Disagreement(plane, metres(Float.NaN, 2, 1))))
        .isCloseTo(1.0 / 3, within(1e-6));
  }

  @Test
  void whatHasNoUnitDisagreesWhateverScaleAndShift() {
    RelativeMap kind = new RelativeMap(RelativeMap.Larger.NEARER);
    Plane plane = metres(-1, 0, 4);
    assertThat(kind.accept(new Disagreement(plane, metres(18, 10, 8)))).isCloseTo(0, within(1e-6));
    assertThat(kind.accept(new Disagreement(plane, metres(8, 10, 18)))).isGreaterThan(1);
  }

  @Test
  void directionsAreTurnedRoundByAMirror() {
    Plane right = Plane.ofValues(new float[] {1, 0, 0}, 1, 1, 3);
    Plane left = Plane.ofValues(new float[] {-1, 0, 0}, 1, 1, 3);
    UnitVectorMap kind = new UnitVectorMap();
    assertThat(kind.accept(new Disagreement(right, left))).isCloseTo(0, within(1e-6));
    assertThat(kind.accept(new Disagreement(right, right))).isCloseTo(Math.PI, within(1e-3));
  }

  @Test
  void chosenFramesAreUncertainAndUnlikeEachOther() {
    // two pairs of neighbours, and a frame that is sure and elsewhere
    double[] doubts = {1, 0.95, 0.5, 0.45, 0.1};
    long[] nanos = {0, 1, 500, 501, 1000};
    float[][] looks = {{0}, {0}, {1}, {1}, {0.5f}};
    assertThat(new Spread(doubts, nanos, looks).choose(2)).containsExactly(0, 2);
    assertThat(new Spread(doubts, nanos, looks).choose(3)).startsWith(0, 2).contains(4);
    assertThat(new Spread(doubts, nanos, looks).choose(9)).hasSize(5).doesNotHaveDuplicates();
  }

  @Test
  void ranksShareThePlacesOfEqualValues() {
    assertThat(Doubts.ranks(new double[] {3, 1, 1, 9}))
        .containsExactly(2 / 3.0, 1 / 6.0, 1 / 6.0, 1);
    assertThat(
            Doubts.correlation(
                Doubts.ranks(new double[] {1, 2, 5}), Doubts.ranks(new double[] {7, 8, 9})))
        .isCloseTo(1, within(1e-12));
  }
}
