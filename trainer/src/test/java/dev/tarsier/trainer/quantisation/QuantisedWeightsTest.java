package dev.tarsier.trainer.quantisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.api.Test;

class QuantisedWeightsTest {
  private static final double BIAS = 1 << 30;

  @Test
  void givesEachChannelAScaleOfItsOwn() {
    float[] weight = {1, -0.5f, 0.25f, 100, -50, 25};

    QuantisedWeights held = QuantisedWeights.of(weight, null, 2, 3, 1, 64, 0.1f, BIAS, null);

    assertThat(held.scales()).containsExactly(1 / 64f, 100 / 64f);
    assertThat(held.weights()).containsExactly(64, -32, 16, 64, -32, 16);
    assertThat(held.biases()).isNull();
  }

  @Test
  void holdsBiasesInTheScaleOfTheProducts() {
    QuantisedWeights held =
        QuantisedWeights.of(new float[] {1}, new float[] {-0.5f}, 1, 1, 1, 127, 0.1f, BIAS, null);

    assertThat(held.biasScales()[0]).isEqualTo(0.1f / 127, offset(1e-9f));
    assertThat(held.biases()).containsExactly(-635); // -0.5 / (0.1 / 127)
  }

  @Test
  void findsRoomForABiasWhereWeightsAreNextToNothing() {
    QuantisedWeights held =
        QuantisedWeights.of(new float[] {1e-12f}, new float[] {3}, 1, 1, 1, 127, 0.01f, BIAS, null);

    assertThat((double) held.biases()[0] * held.biasScales()[0]).isEqualTo(3, offset(1e-5));
  }

  @Test
  void takesAChannelOfZeros() {
    QuantisedWeights held =
        QuantisedWeights.of(new float[] {0}, new float[] {0}, 1, 1, 1, 127, 0.01f, BIAS, null);

    assertThat(held.scales()).containsExactly(1);
    assertThat(held.weights()).containsExactly(0);
    assertThat(held.biases()).containsExactly(0);
  }

  @Test
  void biasesMakeGoodWhatRoundingShifts() {
    // 0.3 in steps of 1/64 is 19 of them, 0.296875: 0.003125 short, times a mean of 10.
    float[] weight = {1, 0.3f};
    double[] means = {5, 10};

    QuantisedWeights held =
        QuantisedWeights.of(weight, new float[] {0}, 1, 2, 1, 64, 0.001f, BIAS, means);

    assertThat(held.weights()).containsExactly(64, 19);
    assertThat(held.biases()[0] * (double) held.biasScales()[0]).isEqualTo(0.03125, offset(1e-5));
  }

  @Test
  void correctsEachGroupByTheMeansOfItsOwnInputs() {
    float[] weight = {1, 0.3f, 1, 0.3f}; // two channels, each of a kernel of 1x2 over its own input
    double[] means = {0, 10};

    QuantisedWeights held =
        QuantisedWeights.of(weight, new float[2], 2, 1, 2, 64, 0.001f, BIAS, means);

    assertThat(held.biases()[0]).isZero();
    assertThat(held.biases()[1] * (double) held.biasScales()[1]).isEqualTo(0.03125, offset(1e-5));
  }
}
