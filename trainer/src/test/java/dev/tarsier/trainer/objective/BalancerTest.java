package dev.tarsier.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.network.PyTorch;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BalancerTest {
  @Test
  void fixedWeightsSumWhatThereIs() {
    try (NDManager work = PyTorch.newBaseManager()) {
      NamedLosses losses = new NamedLosses();
      NDArray x = work.create(1f);
      x.setRequiresGradient(true);
      losses.add(Losses.CLASSES, x.mul(work.create(2f)));
      losses.add(Losses.SOFT, x.mul(work.create(3f)));
      Balancer balancer = new Losses(0.5, 10, Losses.Depth.L1, 2, null).balancer(work, 1);
      assertThat(balancer.backward(losses, Map.of()).getFloat()).isEqualTo(7);
      assertThat(x.getGradient().getFloat()).isEqualTo(7);
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
    assertThat(new Losses(0, 1, Losses.Depth.BERHU, 0, null).objectives())
        .containsExactly(new MeasuredDepth(Losses.Depth.BERHU));
  }

  @Test
  void freesEachLossOfWhatGoesAgainstAnother() {
    try (NDManager work = PyTorch.newBaseManager()) {
      NDArray x = work.create(new float[] {0, 0});
      x.setRequiresGradient(true);
      NamedLosses losses = new NamedLosses();
      losses.add("a", x.mul(work.create(new float[] {1, 0})).sum());
      losses.add("b", x.mul(work.create(new float[] {-1, 1})).sum());
      Balancer balancer = new PcGrad.Options().create(Map.of(), work, 1);
      balancer.backward(losses, Map.of("x", x));
      // (1, 0) without its part along (-1, 1) is (1/2, 1/2); (-1, 1) without (1, 0) is (0, 1).
      assertThat(x.getGradient().toFloatArray()).containsExactly(0.5f, 1.5f);
    }
  }

  @Test
  void isReadFromARecipeByItsKind() {
    Losses standard = new Losses(1, 1, Losses.Depth.L1);
    assertThat(read("{kind: fixed_weights}", standard)).isEqualTo(standard);
    assertThat(read("{kind: pc_grad}", standard).balancer()).isEqualTo(new PcGrad.Options());
    Losses learned = read("{kind: uncertainty_weighting, start: 0.5}", standard);
    assertThat(learned.balancer()).isEqualTo(new UncertaintyWeighting.Options(0.5));
    assertThat(StrictYaml.parse(StrictYaml.write(learned), "written", standard)).isEqualTo(learned);
    assertThat(StrictYaml.keys(standard)).doesNotContain("balancer");
    assertThatThrownBy(() -> read("{kind: pcgrad}", standard))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("balancer")
        .hasMessageContaining("got 'pcgrad'; did you mean 'pc_grad'?");
    assertThatThrownBy(() -> read("{kind: uncertainty_weighting, stat: 0.5}", standard))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("did you mean 'start'?");
  }

  private static Losses read(String balancer, Losses standard) {
    return StrictYaml.parse("balancer: " + balancer, "recipe.yaml", standard);
  }
}
