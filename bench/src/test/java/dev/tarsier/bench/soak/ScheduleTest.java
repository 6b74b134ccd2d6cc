package dev.tarsier.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {
  private static final int HALF_AN_HOUR = 1800;

  @Test
  void isTheSameForTheSameSeed() {
    assertThat(Schedule.of(HALF_AN_HOUR, 7)).isEqualTo(Schedule.of(HALF_AN_HOUR, 7));
    assertThat(Schedule.of(HALF_AN_HOUR, 7)).isNotEqualTo(Schedule.of(HALF_AN_HOUR, 8));
  }

  @ParameterizedTest
  @CsvSource({"120,1", "120,2", "121,3", "180,4", "299,5"})
  void hasEverythingButTheHangInTwoMinutes(int seconds, long seed) {
    assertThat(kinds(Schedule.of(seconds, seed)))
        .containsExactlyInAnyOrderElementsOf(
            EnumSet.complementOf(EnumSet.of(Disturbance.SUBSCRIBER_HANGS)));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "4"})
  void hasEverythingManyTimesInHalfAnHour(long seed) {
    List<Schedule.Event> events = Schedule.of(HALF_AN_HOUR, seed).events();
    for (Disturbance what : Disturbance.values()) {
      assertThat(events.stream().filter(each -> each.what() == what).count())
          .as(what.words())
          .isGreaterThanOrEqualTo(4);
    }
  }

  @ParameterizedTest
  @CsvSource({"120,1", "120,9", "300,1", "300,2", "1800,1", "1800,2", "7200,3"})
  void nobodyStallsWhileNobodyIsToListenAndAllEndsBeforeTheRest(int seconds, long seed) {
    Schedule schedule = Schedule.of(seconds, seed);
    for (Schedule.Event each : schedule.events()) {
      assertThat(each.atSeconds() + each.seconds())
          .isLessThanOrEqualTo(schedule.totalSeconds() - schedule.quietSeconds());
      if (each.what() == Disturbance.NOBODY_LISTENS) {
        assertThat(schedule.events())
            .filteredOn(other -> other.what().isBeside() && other.what().isOfSubscribers())
            .noneMatch(
                other ->
                    other.atSeconds() < each.atSeconds() + each.seconds()
                        && each.atSeconds() < other.atSeconds() + other.seconds());
      }
    }
  }

  @Test
  void refusesWhatIsTooShort() {
    assertThatThrownBy(() -> Schedule.of(119, 1)).hasMessageContaining("at least 120 s, got 119");
  }

  private static Set<Disturbance> kinds(Schedule schedule) {
    return schedule.events().stream().map(Schedule.Event::what).collect(Collectors.toSet());
  }
}
