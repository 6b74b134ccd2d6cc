package dev.tarsier.trainer.quantisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.api.Test;

class ScaleTest {
  @Test
  void holdsMinusOneToThreeIn256Steps() {
    Scale scale = Scale.of(new Range(-1, 3));

    assertThat(scale.scale()).isEqualTo(4 / 255f);
    assertThat(scale.zeroPoint()).isEqualTo(64); // 1 / (4 / 255) = 63.75
    assertThat(scale.quantise(0)).isEqualTo(64);
    assertThat(scale.real(64)).isZero();
    assertThat(scale.quantise(-1)).isZero(); // 64 - 63.75 = 0.25
    assertThat(scale.quantise(3)).isEqualTo(255); // 64 + 191.25, saturated
    assertThat(scale.quantise(1)).isEqualTo(128); // 64 + 63.75
    assertThat(scale.real(128)).isEqualTo(64 * 4 / 255f, offset(1e-6f));
  }

  @Test
  void roundsHalvesToTheEvenNumber() {
    Scale scale = Scale.of(new Range(0, 255));

    assertThat(scale.quantise(0.5f)).isZero();
    assertThat(scale.quantise(1.5f)).isEqualTo(2);
    assertThat(scale.quantise(2.5f)).isEqualTo(2);
  }

  @Test
  void saturatesSoThatReluNeedsNoOperator() {
    Scale scale = Scale.of(new Range(0, 6));

    assertThat(scale.zeroPoint()).isZero();
    assertThat(scale.quantise(-3)).isZero();
    assertThat(scale.quantise(60)).isEqualTo(255);
    assertThat(scale.real(255)).isEqualTo(6, offset(1e-5f));
  }

  @Test
  void holdsZeroExactlyWhereOnlyOtherValuesWereSeen() {
    assertThat(Scale.of(new Range(2, 4))).isEqualTo(Scale.of(new Range(0, 4)));
    Scale below = Scale.of(new Range(-4, -2));
    assertThat(below.zeroPoint()).isEqualTo(255);
    assertThat(below.real(below.quantise(0))).isZero();
  }

  @Test
  void takesATensorThatIsAlwaysZero() {
    Scale scale = Scale.of(new Range(0, 0));

    assertThat(scale.scale()).isEqualTo(1);
    assertThat(scale.real(scale.quantise(0))).isZero();
  }

  @Test
  void refusesWhatIsNoRange() {
    assertThatThrownBy(() -> new Range(0, Float.POSITIVE_INFINITY))
        .hasMessage("a range must be finite and ascending, got 0.0 to Infinity");
    assertThatThrownBy(() -> new Range(Float.NaN, 1)).isInstanceOf(IllegalArgumentException.class);
  }
}
