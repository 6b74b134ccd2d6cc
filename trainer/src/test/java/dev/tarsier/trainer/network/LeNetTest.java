package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LeNetTest {
  private static final Ports TWO = TestPorts.ofImages("digit", "letter");

  /** LeNet-5 on colours, by hand: 456 + 2,416 + 48,120, and 10,164 + 850 for each task. */
  @Test
  void hasLeNetsParameters() {
    assertThat(new LeNet().graph(TWO).parameterCount()).isEqualTo(50_992 + 2 * 11_014);
  }

  @Test
  void saysOfEachImageWhatItShows() {
    NetworkChecks.check(new LeNet(0.5), TWO, new Size(32, 32), new Size(1, 1));
    NetworkChecks.check(new LeNet(), TWO, new Size(45, 50), new Size(1, 1));
  }

  @Test
  void saysNothingOfPixels() {
    assertThatThrownBy(() -> new LeNet().graph(TestPorts.of(3)))
        .hasMessageContaining("its head classes is for each pixel")
        .hasMessageEndingWith("give network.heads that end in _class, or another kind");
  }
}
