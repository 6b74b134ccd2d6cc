package dev.tarsier.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.dataset.Contents;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.task.TestTasks;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BalancerTest {
  @BeforeEach
  void recordGradients() {
    PyTorch.newBaseManager().close(); // loads the engine, whose mode this is
    JniUtils.setGradMode(true);
  }

  private static final Contents CONTENTS =
      new Contents(TestTasks.both(2), List.of(), List.of(TestTasks.classes(2)));

  /** Another test may have left it off on this thread. */
  @BeforeEach
  void learns() {
    JniUtils.setGradMode(true);
  }

  @Test
  void fixedWeightsSumWhatThereIs() {
    try (NDManager work = PyTorch.newBaseManager()) {
      NamedLosses losses = new NamedLosses();
      NDArray x = work.create(1f);
      x.setRequiresGradient(true);
      losses.add("segmentation", x.mul(work.create(2f)));
      losses.add("segmentation.soft", x.mul(work.create(3f)));
      Balancer balancer =
          new Losses(2, null, Map.of("classes_weight", 0.5, "depth_weight", 10))
              .balancer(CONTENTS, work, 1);
      assertThat(balancer.backward(losses, Map.of()).getFloat()).isEqualTo(7);
      assertThat(x.getGradient().getFloat()).isEqualTo(7);
      assertThat(losses.values())
          .containsExactly(entry("segmentation", 2), entry("segmentation.soft", 3));
      assertThat(losses).hasToString("segmentation 2.0, segmentation.soft 3.0");
      assertThatThrownBy(() -> losses.add("segmentation.soft", work.create(1f)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("'segmentation.soft'");
    }
  }

  private static Map.Entry<String, Double> entry(String name, double value) {
    return Map.entry(name, value);
  }

  @Test
  void whatHasNoWeightIsNoObjective() {
    assertThat(Losses.of(Map.of("depth", "berhu")).objectives(CONTENTS)).hasSize(2);
    assertThat(new Losses(1, null, Map.of()).objectives(CONTENTS)).hasSize(3);
    assertThat(Losses.of(Map.of("classes_weight", 0)).objectives(CONTENTS))
        .singleElement()
        .isInstanceOfSatisfying(
            Supervised.class, one -> assertThat(one.task()).isEqualTo(TestTasks.depth()));
  }

  @Test
  void namesWhatIsOfNoTaskAndLossesThatATaskLacks() {
    assertThatThrownBy(() -> Losses.of(Map.of("colour_weight", 1)))
        .hasMessageStartingWith("colour_weight is of no task; there are ")
        .hasMessageContaining("classes_weight, depth_weight");
    assertThatThrownBy(() -> Losses.of(Map.of("depth", "l3")).objectives(CONTENTS))
        .hasMessage("depth must be one of [l1, log_l1, berhu], got 'L3'");
    assertThat(Losses.of(Map.of("segmentation_weight", 2)))
        .isEqualTo(Losses.of(Map.of("classes_weight", 2.0)));
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
    Losses standard = Losses.of(Map.of("classes_weight", 1, "depth_weight", 1, "depth", "l1"));
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
