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
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.recipe.Training;
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
      losses.add("segmentation", x.mul(work.create(2f)), true);
      losses.add("segmentation.soft", x.mul(work.create(3f)), true);
      Losses weighted = new Losses(2, null, Map.of("classes_weight", 0.5, "depth_weight", 10));
      Balancer balancer = new Uniform(weighted.weights(CONTENTS));
      assertThat(balancer.backward(step(losses, Map.of(), List.of())).getFloat()).isEqualTo(7);
      assertThat(x.getGradient().getFloat()).isEqualTo(7);
      assertThat(losses.values())
          .containsExactly(entry("segmentation", 2), entry("segmentation.soft", 3));
      assertThat(losses).hasToString("segmentation 2.0, segmentation.soft 3.0");
      assertThatThrownBy(() -> losses.add("segmentation.soft", work.create(1f), true))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("'segmentation.soft'");
    }
  }

  private static Balancer.Step step(
      NamedLosses losses, Map<String, NDArray> parameters, List<NDArray> features) {
    return new Balancer.Step(losses, new Balancer.Shared(parameters, features), 0);
  }

  private static Map.Entry<String, Double> entry(String name, double value) {
    return Map.entry(name, value);
  }

  @Test
  void whatHasNoWeightIsNoObjective() {
    assertThat(Losses.of(Map.of("depth", "berhu")).supervised(CONTENTS)).hasSize(2);
    assertThat(Losses.of(Map.of()).softTargets(CONTENTS)).isEmpty();
    assertThat(new Losses(1, null, Map.of()).softTargets(CONTENTS)).hasSize(1);
    assertThat(Losses.of(Map.of("classes_weight", 0)).supervised(CONTENTS))
        .singleElement()
        .isInstanceOfSatisfying(
            Supervised.class, one -> assertThat(one.task()).isEqualTo(TestTasks.depth()));
  }

  @Test
  void namesWhatIsOfNoTaskAndLossesThatATaskLacks() {
    assertThatThrownBy(() -> Losses.of(Map.of("colour_weight", 1)))
        .hasMessageStartingWith("colour_weight is of no task; there are ")
        .hasMessageContaining("classes_weight, depth_weight");
    assertThatThrownBy(() -> Losses.of(Map.of("depth", "l3")))
        .hasMessage("depth must be one of [l1, log_l1, berhu], got 'l3'");
    assertThat(Losses.of(Map.of("segmentation_weight", 2)))
        .isEqualTo(Losses.of(Map.of("classes_weight", 2.0)));
  }

  @Test
  void freesEachLossOfWhatGoesAgainstAnother() {
    try (NDManager work = PyTorch.newBaseManager()) {
      NDArray x = work.create(new float[] {0, 0});
      x.setRequiresGradient(true);
      NamedLosses losses = new NamedLosses();
      losses.add("a", x.mul(work.create(new float[] {1, 0})).sum(), true);
      losses.add("b", x.mul(work.create(new float[] {-1, 1})).sum(), true);
      losses.add("c", x.mul(work.create(new float[] {9, 9})).sum(), false); // sits out
      Balancer balancer =
          new PcGrad.Options(null)
              .create(new Balancer.Setup(Map.of("a", 1.0, "b", 1.0), List.of(), work, 1));
      balancer.backward(step(losses, Map.of("x", x), List.of()));
      // (1, 0) without its part along (-1, 1) is (1/2, 1/2); (-1, 1) without (1, 0) is (0, 1).
      assertThat(x.getGradient().toFloatArray()).containsExactly(0.5f, 1.5f);
    }
  }

  @Test
  void isReadFromARecipeByItsKind() {
    assertThat(read("{kind: uniform}")).isNull();
    assertThat(read("{kind: pcgrad}")).isEqualTo(new PcGrad.Options());
    assertThat(read("{kind: mgda, at: features, normaliser: loss_plus}"))
        .isEqualTo(new Mgda.Options(GradientBalancer.At.FEATURES, Mgda.Normaliser.LOSS_PLUS));
    assertThat(read("{kind: random_weights, spread: 0.5}"))
        .isEqualTo(new RandomWeights.Options(0.5));
    Training learned = training("{kind: gradnorm, alpha: 0.16}", "[classes, depth]");
    assertThat(StrictYaml.parse(StrictYaml.write(learned), "written", Recipe.TRAINING))
        .isEqualTo(learned);
    assertThat(StrictYaml.keys(Recipe.TRAINING)).doesNotContain("balance");
    assertThatThrownBy(() -> read("{kind: pc_grad}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("balance")
        .hasMessageContaining("got 'pc_grad'; did you mean 'pcgrad'?");
    assertThatThrownBy(() -> read("{kind: random_weights, spred: 0.5}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("did you mean 'spread'?");
    assertThatThrownBy(() -> training("{kind: famo}", "[depth]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("balance is famo")
        .hasMessageContaining("network.heads has only [depth]");
    assertThatThrownBy(
            () ->
                StrictYaml.parse(
                    "losses: {classes: crossentropy, depth_weight: 2}",
                    "recipe.yaml",
                    Recipe.TRAINING))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("classes must be one of [cross_entropy, cross_entropy_lovasz]")
        .hasMessageContaining("got 'crossentropy'");
    assertThatThrownBy(() -> Losses.of(Map.of("balancer", Map.of("kind", "pcgrad"))))
        .hasMessageContaining("balance, beside losses");
  }

  private static Balancer.Options read(String balance) {
    return training(balance, "[classes, depth]").balance();
  }

  private static Training training(String balance, String heads) {
    return StrictYaml.parse(
        "balance: %s\nnetwork: {heads: %s}".formatted(balance, heads),
        "recipe.yaml",
        Recipe.TRAINING);
  }
}
