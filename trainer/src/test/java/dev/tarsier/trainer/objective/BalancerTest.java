package dev.tarsier.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.network.PyTorch;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BalancerTest {
  @Test
  void fixedWeightsSumWhatThereIs() {
    try (NDManager work = PyTorch.newBaseManager()) {
      NamedLosses losses = new NamedLosses();
      losses.add(Losses.CLASSES, work.create(2f));
      losses.add(Losses.SOFT, work.create(3f));
      Balancer balancer = new Losses(0.5, 10, Losses.Depth.L1, 2).balancer();
      assertThat(balancer.balance(losses).getFloat()).isEqualTo(7);
      assertThat(losses.values()).containsExactly(entry("classes", 2), entry("soft", 3));
      assertThat(losses).hasToString("classes 2.0, soft 3.0");
      assertThatThrownBy(() -> losses.add(Losses.SOFT, work.create(1f)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("'soft'");
    }
  }

  private static Map.Entry<String, Double> entry(String name, double value) {
    return Map.entry(name, value);
  }

  @Test
  void whatHasNoWeightIsNoObjective() {
    assertThat(new Losses(1, 1, Losses.Depth.BERHU).objectives()).hasSize(2);
    assertThat(new Losses(0, 1, Losses.Depth.BERHU, 0).objectives())
        .containsExactly(new MeasuredDepth(Losses.Depth.BERHU));
  }
}
