package dev.tarsier.trainer.optimiser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {
  @Test
  void risesThenFallsLikeACosine() {
    Schedule schedule = new Schedule(Schedule.Kind.COSINE, 9, 0.1, 1, 1, 1);
    assertThat(schedule.factor(0, 109, 10)).isEqualTo(0.1, within(1e-12));
    assertThat(schedule.factor(4, 109, 10)).isEqualTo(0.5, within(1e-12));
    assertThat(schedule.factor(9, 109, 10)).isEqualTo(1.0, within(1e-12));
    assertThat(schedule.factor(59, 109, 10)).isEqualTo(0.55, within(1e-12));
    assertThat(schedule.factor(109, 109, 10)).isEqualTo(0.1, within(1e-12));
  }

  @Test
  void dropsEverySoManyEpochs() {
    Schedule schedule = new Schedule(Schedule.Kind.STEP, 0, 0, 1, 2, 0.5);
    assertThat(schedule.factor(19, 100, 10)).isEqualTo(1.0);
    assertThat(schedule.factor(20, 100, 10)).isEqualTo(0.5);
    assertThat(schedule.factor(45, 100, 10)).isEqualTo(0.25);
  }

  @Test
  void fallsLikeAPower() {
    Schedule schedule = new Schedule(Schedule.Kind.POLY, 0, 0, 2, 1, 1);
    assertThat(schedule.factor(50, 100, 10)).isEqualTo(0.25, within(1e-12));
    assertThat(Schedule.CONSTANT.factor(99, 100, 10)).isEqualTo(1.0);
  }

  @Test
  void refusesAFactorAboveOne() {
    assertThatThrownBy(() -> new Schedule(Schedule.Kind.COSINE, 0, 2, 1, 1, 1))
        .hasMessageContaining("last must be 0 to 1, got 2");
  }
}
