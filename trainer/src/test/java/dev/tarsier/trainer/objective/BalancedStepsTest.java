package dev.tarsier.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.Golden;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.State;
import dev.tarsier.trainer.task.SurfaceNormals;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TestTasks;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Balancers on losses of a few numbers, whose gradients are known. */
class BalancedStepsTest {
  private static final Map<String, Double> WEIGHTS =
      Map.of(
          "segmentation",
          1.0,
          "depth",
          1.0,
          "depth.more",
          1.0,
          "depth.features",
          3.0,
          "normals",
          1.0);

  private static final List<Task> THREE =
      List.of(TestTasks.classes(2), TestTasks.depth(), new SurfaceNormals());

  private NDManager base;

  @BeforeEach
  void open() {
    base = PyTorch.newBaseManager();
    JniUtils.setGradMode(true);
  }

  @AfterEach
  void close() {
    base.close();
  }

  private Balancer balancer(String kind) {
    return new Balancer.Registered()
        .named(kind)
        .create(new Balancer.Setup(WEIGHTS, TestTasks.both(2), base, 5));
  }

  private NDArray learned(float... values) {
    NDArray array = base.create(values);
    array.setRequiresGradient(true);
    return array;
  }

  private static NDArray along(NDArray shared, float... direction) {
    return shared.mul(shared.getManager().create(direction).reshape(shared.getShape())).sum();
  }

  private static Balancer.Step step(NamedLosses losses, NDArray shared, long epoch) {
    return new Balancer.Step(
        losses, new Balancer.Shared(Map.of("shared", shared), List.of(shared)), epoch);
  }

  private static Stream<String> all() {
    return Stream.of(
        "pcgrad",
        "cagrad",
        "imtl_g",
        "aligned_mtl",
        "upgrad",
        "mgda",
        "gradnorm",
        "dwa",
        "famo",
        "uncertainty");
  }

  private NDArray matrix(float first, float second) {
    NDArray array = base.create(new float[] {first, second}).reshape(1, 2);
    array.setRequiresGradient(true);
    return array;
  }

  @ParameterizedTest
  @MethodSource("all")
  void aTaskWithoutLabelsSitsOut(String kind) {
    NDArray shared = matrix(1, 1);
    NamedLosses losses = new NamedLosses();
    losses.add("segmentation", along(shared, 1, 0), true);
    losses.add("depth", along(shared, 7, 7), false);
    balancer(kind).backward(step(losses, shared, 0));
    assertThat(shared.getGradient().toFloatArray()[1]).as("of segmentation alone").isZero();
    assertThat(shared.getGradient().toFloatArray()[0]).isPositive();
  }

  /** What another network says of depth is learned as it is, and depth sits out all the same. */
  @ParameterizedTest
  @MethodSource("all")
  void whatIsLearnedBesidesIsNoLabel(String kind) {
    Balancer balancer =
        new Balancer.Registered().named(kind).create(new Balancer.Setup(WEIGHTS, THREE, base, 5));
    Balancer without =
        new Balancer.Registered().named(kind).create(new Balancer.Setup(WEIGHTS, THREE, base, 5));
    for (int i = 0; i < 3; i++) {
      NDArray shared = matrix(1, 1);
      NDArray total = balancer.backward(step(losses(shared, true), shared, i));
      balancer.updated(() -> losses(shared, true));
      NDArray alone = matrix(1, 1);
      NDArray other = without.backward(step(losses(alone, false), alone, i));
      without.updated(() -> losses(alone, false));
      float[] gradient = shared.getGradient().toFloatArray();
      float[] expected = alone.getGradient().toFloatArray();
      assertThat(gradient[0]).isCloseTo(expected[0] + 3 * 0.001f, within(1e-5f));
      assertThat(gradient[1]).isCloseTo(expected[1] + 3 * 0.002f, within(1e-5f));
      assertThat(total.getFloat()).isCloseTo(other.getFloat() + 3 * 0.003f, within(1e-5f));
    }
    for (int i = 0; i < balancer.states().size(); i++) {
      assertThat(balancer.states().get(i).numbers())
          .as("nothing is remembered of it")
          .isEqualTo(without.states().get(i).numbers());
    }
  }

  private NamedLosses losses(NDArray shared, boolean besides) {
    NamedLosses losses = new NamedLosses();
    losses.add("segmentation", along(shared, 1, 0.5f), true);
    losses.add("depth", along(shared, 7, 7), false);
    losses.add("normals", along(shared, -0.2f, 1), true);
    if (besides) {
      losses.addBesides("depth.features", along(shared, 0.001f, 0.002f));
    }
    return losses;
  }

  @Test
  void gradNormLeavesTheWeightsOfTasksThatSitOut() {
    GradNorm balancer =
        new GradNorm(new Balancer.Setup(WEIGHTS, THREE, base, 5), new GradNorm.Options());
    for (int i = 0; i < 50; i++) {
      NDArray shared = matrix(1, 1);
      balancer.backward(step(losses(shared, false), shared, 0));
    }
    Map<String, Double> weights = balancer.weights();
    assertThat(weights.get("depth")).isEqualTo(1);
    assertThat(weights.get("segmentation")).isNotCloseTo(1, within(0.01));
    assertThat(weights.get("segmentation") + weights.get("normals")).isCloseTo(2, within(1e-9));
  }

  @Test
  void aLossThatGrewAThousandfoldHasAWeight() {
    DynamicWeightAverage balancer =
        new DynamicWeightAverage(new Balancer.Setup(WEIGHTS, TestTasks.both(2), base, 5), 2);
    for (int epoch = 1; epoch < 4; epoch++) {
      balancer.add("segmentation", epoch == 1 ? 1e-4 : 0.3);
      balancer.add("depth", 1);
      balancer.beginEpoch(epoch);
      assertThat(balancer.weights().values()).doesNotContain(Double.NaN);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void aLossThatIsNoNumberIsTheTrainingsToTell(String kind) {
    NDArray shared = matrix(1, 1);
    NamedLosses losses = new NamedLosses();
    losses.add("segmentation", along(shared, Float.NaN, 0), true);
    losses.add("depth", along(shared, 1, 7), true);
    assertThat(balancer(kind).backward(step(losses, shared, 0)).getFloat()).isNaN();
  }

  /** Rounding takes a loss of angles below 0, and a perfect one is 0. */
  @ParameterizedTest
  @ValueSource(strings = {"gradnorm", "famo"})
  void aLossOfNothingIsNoReasonToForgetTheOthers(String kind) {
    Balancer balancer = balancer(kind);
    float[] gradient = {};
    for (int i = 0; i < 5; i++) {
      NDArray shared = matrix(1, 1);
      float loss = i % 2 == 0 ? 0 : -1e-7f;
      balancer.backward(step(losses(shared, loss, 1), shared, 0));
      balancer.updated(() -> losses(shared, loss, 0.9f));
      gradient = shared.getGradient().toFloatArray();
    }
    assertThat(gradient[1]).isGreaterThan(0.5f);
  }

  /** Their order is that of the checkpoint, which must not differ from process to process. */
  @Test
  void variancesAreInTheOrderOfTheTasks() {
    Balancer balancer =
        new Uncertainty(new Balancer.Setup(WEIGHTS, THREE, base, 5), Uncertainty.Form.KENDALL);
    assertThat(balancer.parameters().keySet()).containsExactly("segmentation", "depth", "normals");
  }

  @ParameterizedTest
  @CsvSource({"KENDALL,0", "MTAN,-0.5", "XTASC,0"})
  void variancesBeginAsInPrint(Uncertainty.Form form, float start) {
    Balancer balancer = new Uncertainty(new Balancer.Setup(WEIGHTS, THREE, base, 5), form);
    assertThat(balancer.parameters().values())
        .allSatisfy(learned -> assertThat(learned.getFloat()).isEqualTo(start));
  }

  /** What a task began with is known even if it was the only one with labels. */
  @Test
  void aFirstLossIsThatOfTheFirstLabelledBatch() {
    Balancer balancer = balancer("gradnorm");
    for (float loss : new float[] {8, 4}) {
      NDArray shared = matrix(loss, 1);
      NamedLosses losses = new NamedLosses();
      losses.add("segmentation", along(shared, 1, 0), true);
      balancer.backward(step(losses, shared, 0));
    }
    assertThat(balancer.states().get(0).numbers())
        .containsEntry("segmentation.first", Double.doubleToRawLongBits(8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pcgrad", "cagrad", "imtl_g", "aligned_mtl", "upgrad", "mgda"})
  void aHeadKeepsItsOwnGradient(String kind) {
    NDArray shared = learned(1, 1);
    NDArray head = learned(3);
    NamedLosses losses = new NamedLosses();
    losses.add("segmentation", along(shared, 1, -1).mul(head).sum(), true);
    losses.add("depth", along(shared, -1, 2), true);
    balancer(kind).backward(step(losses, shared, 0));
    // segmentation = (1·1 − 1·1)·head: by the head it is 0 here, so move the shared values first.
    assertThat(head.getGradient().toFloatArray()).containsExactly(0);
    NDArray other = learned(2, 1);
    NamedLosses again = new NamedLosses();
    again.add("segmentation", along(other, 1, -1).mul(head).sum(), true);
    again.add("depth", along(other, -1, 2), true);
    balancer(kind).backward(step(again, other, 0));
    assertThat(head.getGradient().toFloatArray()).containsExactly(1);
  }

  /** Where tasks agree there is nothing to mend: these step as the sum does. */
  @ParameterizedTest
  @ValueSource(strings = {"pcgrad", "upgrad"})
  void withoutConflictTheSumIsStepped(String kind) {
    NDArray shared = learned(1, 1);
    NamedLosses losses = new NamedLosses();
    losses.add("segmentation", along(shared, 1, 0), true);
    losses.add("depth", along(shared, 1, 1), true);
    losses.add("depth.more", along(shared, 0, 2), true);
    balancer(kind).backward(step(losses, shared, 0));
    assertThat(shared.getGradient().toFloatArray())
        .containsExactly(new float[] {2, 3}, within(1e-3f));
  }

  @Test
  void uncertaintyHasTheThreeFormsInPrint() throws IOException {
    JsonNode outputs = Golden.read("uncertainty_weights").path("outputs");
    Map<Uncertainty.Form, JsonNode> forms =
        Map.of(
            Uncertainty.Form.MTAN, outputs.path("mtan_LibMTL_all_tasks"),
            Uncertainty.Form.XTASC, outputs.path("xtask_code"),
            Uncertainty.Form.KENDALL, outputs.path("kendall_task0_CE_task1_regression"));
    forms.forEach(
        (form, expected) -> {
          Uncertainty balancer =
              new Uncertainty(new Balancer.Setup(WEIGHTS, TestTasks.both(2), base, 5), form);
          Map<String, NDArray> learned = balancer.parameters();
          JniUtils.setGradMode(false);
          learned.get("segmentation").set(new float[] {-0.5f});
          learned.get("depth").set(new float[] {0.2f});
          JniUtils.setGradMode(true);
          NDArray shared = learned(1.3f, 0.25f);
          NamedLosses losses = new NamedLosses();
          losses.add("segmentation", along(shared, 1, 0), true);
          losses.add("depth", along(shared, 0, 1), true);
          float total = balancer.backward(step(losses, shared, 0)).getFloat();
          assertThat((double) total).isCloseTo(expected.path("total").asDouble(), within(1e-5));
          for (int i = 0; i < 2; i++) {
            String task = i == 0 ? "segmentation" : "depth";
            assertThat((double) learned.get(task).getGradient().getFloat())
                .as("%s of %s", task, form)
                .isCloseTo(expected.path("grad_s").get(i).asDouble(), within(1e-5));
            assertThat((double) shared.getGradient().toFloatArray()[i])
                .isCloseTo(expected.path("weights_on_losses").get(i).asDouble(), within(1e-5));
          }
        });
  }

  @ParameterizedTest
  @CsvSource({
    "2, 2, weights_2tasks(first two columns)_epochs_0_to_5",
    "3, 2, weights_3tasks_epochs_0_to_5",
    "3, 1, weights_3tasks_T1"
  })
  void averagesOfEpochsGiveTheWeightsInPrint(int tasks, double temperature, String printed)
      throws IOException {
    JsonNode golden = Golden.read("dwa");
    JsonNode history = golden.path("inputs").path("loss_history_epoch_by_task").path("data");
    JsonNode weights = golden.path("outputs").path(printed);
    assertThat(weights).hasSize(6);
    DynamicWeightAverage balancer =
        new DynamicWeightAverage(
            new Balancer.Setup(WEIGHTS, THREE.subList(0, tasks), base, 5), temperature);
    for (int epoch = 0; epoch < weights.size(); epoch++) {
      if (epoch > 0) {
        balancer.beginEpoch(epoch);
      }
      for (int i = 0; i < tasks; i++) {
        String task = THREE.get(i).id();
        assertThat(balancer.weights().get(task))
            .isCloseTo(weights.get(epoch).get(i).asDouble(), within(1e-12));
        if (epoch < history.size()) {
          // Of two batches, one below the mean and one above it.
          double mean = history.get(epoch).get(i).asDouble();
          balancer.add(task, mean - 0.25);
          balancer.add(task, mean + 0.25);
        }
      }
    }
  }

  @Test
  void gradNormsWeightsMoveAsInPrint() throws IOException {
    JsonNode golden = Golden.read("gradnorm_step");
    JsonNode expected = golden.path("outputs").path("alpha_1.5_w_ones");
    GradNorm balancer =
        new GradNorm(
            new Balancer.Setup(WEIGHTS, TestTasks.both(2), base, 5), new GradNorm.Options());
    // The first losses are those of an earlier batch; losses with the gradients of the print.
    Map<String, Long> numbers = new HashMap<>(balancer.states().get(0).numbers());
    numbers.put("segmentation.first", Double.doubleToRawLongBits(0.9));
    numbers.put("depth.first", Double.doubleToRawLongBits(1.4));
    balancer.states().get(0).resume(0, numbers);
    NDArray weight = base.create(new float[] {0.2f, -0.4f, 0.7f, 0.1f}).reshape(2, 2);
    weight.setRequiresGradient(true);
    NamedLosses losses = new NamedLosses();
    for (int i = 0; i < 2; i++) {
      JsonNode rows = expected.path("grad_W_task").get(i);
      float[] gradient = new float[4];
      for (int k = 0; k < 4; k++) {
        gradient[k] = (float) rows.get(k / 2).get(k % 2).asDouble();
      }
      NDArray linear = weight.mul(base.create(gradient).reshape(2, 2)).sum();
      double loss = expected.path("losses").get(i).asDouble();
      losses.add(
          i == 0 ? "segmentation" : "depth", linear.add((float) (loss - linear.getFloat())), true);
    }
    balancer.backward(
        new Balancer.Step(losses, new Balancer.Shared(Map.of("w", weight), List.of(weight)), 0));
    JsonNode total = expected.path("grad_total_on_Wshared");
    for (int k = 0; k < 4; k++) {
      assertThat((double) weight.getGradient().toFloatArray()[k])
          .isCloseTo(total.get(k / 2).get(k % 2).asDouble(), within(1e-5));
    }
    JsonNode after = expected.path("w_after_first_Adam_step_renormalised");
    assertThat(balancer.weights().get("segmentation"))
        .isCloseTo(after.get(0).asDouble(), within(1e-6));
    assertThat(balancer.weights().get("depth")).isCloseTo(after.get(1).asDouble(), within(1e-6));
  }

  /** Of two losses the one that fell less counts more from then on. */
  @Test
  void famoTurnsToTheLossThatFellLess() {
    Balancer balancer = balancer("famo");
    for (int i = 0; i < 20; i++) {
      NDArray shared = learned(1, 1);
      NamedLosses losses = losses(shared, 2, 1);
      balancer.backward(step(losses, shared, 0));
      balancer.updated(() -> losses(shared, 1, 1)); // segmentation was halved
    }
    NDArray shared = learned(1, 1);
    balancer.backward(step(losses(shared, 1, 1), shared, 0));
    float[] gradient = shared.getGradient().toFloatArray();
    assertThat(gradient[1]).isGreaterThan(2 * gradient[0]);
    assertThat(gradient[0] + gradient[1]).isCloseTo(1, within(1e-5f));
  }

  private static NamedLosses losses(NDArray shared, float segmentation, float depth) {
    NamedLosses losses = new NamedLosses();
    losses.add("segmentation", along(shared, segmentation, 0), true);
    losses.add("depth", along(shared, 0, depth), true);
    return losses;
  }

  @ParameterizedTest
  @ValueSource(strings = {"mgda", "cagrad", "imtl_g", "aligned_mtl", "upgrad", "pcgrad"})
  void mayTakeGradientsAtTheFeatures(String kind) {
    NDArray weight = learned(2);
    NDArray features = weight.mul(base.create(new float[] {1, 3})); // as a layer would make
    NamedLosses losses = new NamedLosses();
    losses.add("segmentation", along(features, 1, 0), true);
    losses.add("depth", along(features, 0, 1), true);
    GradientBalancer balancer = atFeatures(kind);
    balancer.backward(
        new Balancer.Step(
            losses, new Balancer.Shared(Map.of("weight", weight), List.of(features)), 0));
    // Orthogonal gradients of one length weigh alike, whoever weighs: 1·w + 3·w.
    double[] alike = balancer.weights(new double[][] {{1, 0}, {0, 1}}, new double[] {2, 6});
    assertThat(alike[0]).isCloseTo(alike[1], within(1e-6));
    assertThat((double) weight.getGradient().getFloat()).isCloseTo(4 * alike[0], within(1e-4));
  }

  private GradientBalancer atFeatures(String kind) {
    Balancer.Setup setup = new Balancer.Setup(WEIGHTS, TestTasks.both(2), base, 5);
    GradientBalancer.At at = GradientBalancer.At.FEATURES;
    Balancer.Options options =
        switch (kind) {
          case "mgda" -> new Mgda.Options(at, null);
          case "cagrad" -> new CaGrad.Options(at, null);
          case "imtl_g" -> new ImtlG.Options(at);
          case "aligned_mtl" -> new AlignedMtl.Options(at);
          case "upgrad" -> new UpGrad.Options(at);
          default -> new PcGrad.Options(at);
        };
    return (GradientBalancer) options.create(setup);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gradnorm", "dwa", "famo", "pcgrad"})
  void whatIsRememberedIsKeptToTheBit(String kind) {
    Balancer first = balancer(kind);
    for (int i = 0; i < 3; i++) {
      NDArray shared = base.create(new float[] {1, 1}).reshape(1, 2);
      shared.setRequiresGradient(true);
      NamedLosses losses = losses(shared, 2 - i * 0.3f, 1);
      first.backward(step(losses, shared, i));
      first.updated(() -> losses(shared, 1, 0.9f));
    }
    State state = first.states().get(0);
    Balancer second = balancer(kind);
    second.states().get(0).resume(3, state.numbers());
    assertThat(second.states().get(0).numbers()).isEqualTo(state.numbers());
  }
}
