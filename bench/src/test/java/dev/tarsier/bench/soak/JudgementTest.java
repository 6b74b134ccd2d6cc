package dev.tarsier.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class JudgementTest {
  private static final int TOTAL = 120;
  private static final long MS = 1_000_000;

  private final Schedule schedule = Schedule.of(TOTAL, 1);
  private final SoakRecord record = new SoakRecord(line -> {});
  private final List<Listener.Seen> seen = new ArrayList<>();
  private final Map<String, String> last =
      new TreeMap<>(
          Map.of(
              "frames_in", "12",
              "frames_out", "9",
              "dropped.not_wanted", "2",
              "dropped.bad_message", "1",
              "frames_leaked", "0",
              "frames_leased", "0",
              "frame_overflows", "0",
              "tensors", "3",
              "opencv_objects", "14"));
  private final Map<String, Long> counted = new TreeMap<>(Map.of("frames_in", 12L));
  private int images = 1;
  private int files = 47;
  private List<String> log = List.of("[INFO ] is up");

  JudgementTest() {
    for (int i = 1; i <= 9; i++) {
      output("a", i, 40);
      output("b", i, 41);
    }
  }

  private void output(String name, int number, int ageMillis) {
    long stamp = 100L * number * MS;
    seen.add(new Listener.Seen(name, stamp, stamp + ageMillis * MS));
  }

  /** The verdicts that are against it. */
  private List<String> failing(IntToLongFunction kilobytes) {
    for (int second = 0; second < TOTAL - 10; second++) {
      record.sample(
          new SoakRecord.Sample(
              second, new NodeProcess.Resources(kilobytes.applyAsLong(second), 48, 47), 0));
      record.held(new SoakRecord.Held(second, 3, 14));
    }
    if (record.recoveries().isEmpty()) {
      record.recovered(Disturbance.VISITORS, 3, 0.5, "");
    }
    return Judgement.of(
            new Judgement.Evidence(
                schedule,
                record,
                List.of("a", "b"),
                seen,
                List.of(),
                Set.of(1, 2, 3, 4, 5, 6, 7, 8, 9).stream()
                    .map(i -> 100L * i * MS)
                    .collect(Collectors.toSet()),
                1000 * MS,
                last,
                counted,
                images,
                new NodeProcess.Resources(180_000, 48, files),
                log,
                true))
        .stream()
        .filter(each -> !each.met())
        .map(each -> each.name() + ": " + each.found())
        .toList();
  }

  private List<String> failing() {
    return failing(second -> 180_000);
  }

  @Test
  void allIsWellWhereAllIsWell() {
    assertThat(failing()).isEmpty();
  }

  @Test
  void memoryMayGrowInTheWarmUpAndPeakForAMoment() {
    assertThat(failing(s -> s < 30 ? 100_000 + 2_000 * s : s % 12 == 5 ? 250_000 : 180_000))
        .isEmpty();
  }

  @Test
  void memoryThatCreepsIsFoundAndSaidWhere() {
    assertThat(failing(s -> 180_000 + 200 * s))
        .singleElement()
        .asString()
        .startsWith("resident memory is flat: rises by at most 6.4 %")
        .contains("in the window at 0:30", "at 1:30");
  }

  @Test
  void memoryThatFallsIsNoFault() {
    assertThat(failing(s -> 280_000 - 150 * s)).isEmpty();
  }

  @Test
  void eachCountMustComeBack() {
    last.put("opencv_objects", "39");
    last.put("frames_leased", "1");
    files = 60;
    assertThat(failing())
        .satisfiesExactly(
            each -> assertThat(each).startsWith("open files come back: 47 before"),
            each -> assertThat(each).contains("leased at the quiet end 1"),
            each -> assertThat(each).startsWith("opencv_objects come back: up to 14"));
  }

  @Test
  void framesThatAreNotAccountedForAreFoundHereAndInTelemetry() {
    last.put("frames_in", "13");
    assertThat(failing())
        .satisfiesExactly(
            each -> assertThat(each).contains("13 = 9 + 3; {bad_message=1, not_wanted=2}"),
            each -> assertThat(each).startsWith("telemetry says the same: telemetry"));
  }

  @Test
  void outputsThatAreStaleOutOfOrderOrOfNoImageAreFound() {
    output("a", 8, 1600);
    output("b", 9, 40);
    seen.add(new Listener.Seen("a", 5, 6));
    assertThat(failing())
        .satisfiesExactly(
            each -> assertThat(each).startsWith("none is stale: 1 outputs of 21"),
            each -> assertThat(each).startsWith("in order, none twice: 3 of 21"),
            each -> assertThat(each).startsWith("each is of an image that was sent: 1 of 21"),
            each -> assertThat(each).contains("1 without b, 0 counted as lost"));
  }

  @Test
  void anOutputThatIsMissingMustBeCounted() {
    seen.remove(seen.size() - 1);
    assertThat(failing()).singleElement().asString().contains("1 without b, 0 counted as lost");
    last.put("lost.b", "1");
    assertThat(failing()).isEmpty();
  }

  @Test
  void whoIsNotBackInTimeIsNamed() {
    record.recovered(Disturbance.BROKER_RESTARTS, 64, -1, "");
    images = 2;
    log = List.of("[ERROR] gone wrong");
    record.fault("nothing came");
    assertThat(failing())
        .satisfiesExactly(
            each -> assertThat(each).startsWith("no dead camera is kept: 2"),
            each ->
                assertThat(each)
                    .isEqualTo("back in time: broker restarts at 1:04: not within 20 s"),
            each -> assertThat(each).contains("nothing came"),
            each -> assertThat(each).contains("[ERROR] gone wrong"));
  }
}
