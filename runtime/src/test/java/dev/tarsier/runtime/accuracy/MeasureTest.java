package dev.tarsier.runtime.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MeasureTest {
  private static Measure measure(HeadKind kind) {
    return Measure.of(new Head("it", kind), ScoredPixels.FULL);
  }

  private static List<ClassLabel> classes(int count) {
    return IntStream.range(0, count)
        .mapToObj(id -> new ClassLabel(id, "class " + id, "#000000"))
        .toList();
  }

  private static Plane truth(HeadKind kind) {
    if (!kind.isMap()) {
      return Plane.ofImageId(1);
    }
    return kind.isIds()
        ? Plane.ofIds(new byte[] {1}, 1, 1)
        : Plane.ofValues(
            new float[] {0.6f, 0, 0.8f}, kind.channels() == 3 ? 1 : 3, 1, kind.channels());
  }

  static List<HeadKind> kinds() {
    return List.of(
        new ClassMap(classes(3), 255),
        MetricMap.metres(0, 10),
        new UnitVectorMap(),
        new ImageClass(classes(3)),
        new ImageClass(classes(9)));
  }

  /** An id that is no class, within those of the classes, counts nowhere; nor does a gap. */
  @Test
  void whatIsIgnoredCountsNowhere() {
    List<ClassLabel> named =
        List.of(new ClassLabel(1, "one", "#000000"), new ClassLabel(3, "three", "#000001"));
    Measure measure = measure(new ClassMap(named, 0));
    measure.add(
        Plane.ofIds(new byte[] {1, 3, 1, 1, 1}, 5, 1),
        Plane.ofIds(new byte[] {1, 3, 0, 2, 3}, 5, 1));
    assertThat(measure.scored()).isEqualTo(3);
    assertThat(measure.values().get("it.pixel_accuracy")).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(measure.values().get("it.miou")).isCloseTo(0.5, within(1e-12));
    Measure nothing = measure(new ClassMap(named, 0));
    nothing.add(Plane.ofIds(new byte[] {1}, 1, 1), Plane.ofIds(new byte[] {0}, 1, 1));
    assertThat(nothing.values()).as("no truth, no figure").isEmpty();
  }

  /** A figure that the registry lacks could not be gated on; one that is never given neither. */
  @ParameterizedTest
  @MethodSource("kinds")
  void givesThoseFiguresThatTheRegistryNamesInItsOrder(HeadKind kind) {
    Measure measure = measure(kind);
    assertThat(measure.values()).isEmpty();
    Plane predicted =
        kind instanceof ImageClass
            ? Plane.ofValues(new float[kind.channels()], 1, 1, kind.channels())
            : truth(kind);
    Measure.ImageScore score = measure.add(predicted, truth(kind));
    List<String> names = Metrics.of(new Head("it", kind)).stream().map(Metric::name).toList();
    assertThat(measure.values().keySet()).containsExactlyElementsOf(names);
    assertThat(names).containsAll(score.values().keySet());
    assertThat(score.scored()).isPositive().isEqualTo(measure.scored());
  }

  /** Angles of 0°, 12° and 90°, and one prediction missing of four. */
  @Test
  void measuresAnglesOfDirectionsOfAnyLength() {
    float c = (float) Math.cos(Math.toRadians(12));
    float s = (float) Math.sin(Math.toRadians(12));
    Plane truth =
        Plane.ofValues(new float[] {0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0}, 5, 1, 3);
    Plane predicted =
        Plane.ofValues(
            new float[] {0, 0, 2, 3 * s, 0, 3 * c, 1, 0, 0, Float.NaN, 0, 0, 0, 0, 1}, 5, 1, 3);
    Measure measure = measure(new UnitVectorMap());
    assertThat(measure.add(predicted, truth).values().get("it.mean")).isCloseTo(34, within(1e-5));
    Map<String, Double> values = measure.values();
    assertThat(values.get("it.mean")).isCloseTo(34, within(1e-5));
    assertThat(values.get("it.median")).isCloseTo(12, within(0.1));
    assertThat(values.get("it.rmse")).isCloseTo(Math.sqrt(8244 / 3.0), within(1e-4));
    assertThat(values.get("it.within_11.25")).isEqualTo(1 / 3.0);
    assertThat(values.get("it.within_22.5")).isEqualTo(2 / 3.0);
    assertThat(values.get("it.within_30")).isEqualTo(2 / 3.0);
    assertThat(values.get("it.coverage")).isEqualTo(0.75);
  }

  @Test
  void ranksTheClassesOfAnImage() {
    Measure measure = measure(new ImageClass(classes(7)));
    float[] scores = {0.3f, 0.2f, 0.15f, 0.1f, 0.1f, 0.1f, 0.05f};
    for (int id : new int[] {0, 1, 5, 255}) {
      measure.add(Plane.ofValues(scores, 1, 1, 7), Plane.ofImageId(id));
    }
    assertThat(measure.scored()).isEqualTo(3);
    assertThat(measure.values().get("it.accuracy")).isEqualTo(1 / 3.0);
    assertThat(measure.values().get("it.top5")).isEqualTo(2 / 3.0); // equal ones in order of ids
  }

  @Test
  void addsConfusionImageByImage() {
    Measure measure = measure(new ClassMap(classes(3), 255));
    Plane first = Plane.ofIds(new byte[] {0, 0, 1, (byte) 255}, 2, 2);
    measure.add(Plane.ofIds(new byte[] {0, 1, 1, 1}, 2, 2), first);
    measure.add(Plane.ofIds(new byte[] {2}, 1, 1), Plane.ofIds(new byte[] {2, 2}, 2, 1));
    ConfusionMatrix whole = new ConfusionMatrix(3);
    whole.add(new byte[] {0, 0, 1, (byte) 255}, new byte[] {0, 1, 1, 1});
    whole.add(new byte[] {2, 2}, new byte[] {2, 2});
    assertThat(measure.values())
        .containsEntry("it.miou", whole.meanIou())
        .containsEntry("it.pixel_accuracy", whole.pixelAccuracy());
    assertThat(measure.scored()).isEqualTo(5);
  }
}
