package dev.tarsier.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.trainer.Golden;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.Contents;
import dev.tarsier.trainer.dataset.Streams;
import dev.tarsier.trainer.dataset.TestBatches;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.objective.CrossTaskConsistency.Form;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TestTasks;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A whole step's loss, labels and consistency, on the published numbers. */
class CrossTaskConsistencyTest {
  private static final double TOLERANCE = 1e-5;
  private static final Task CLASSES = TestTasks.classes(3);
  private static final Task DEPTH = TestTasks.depth();
  private static final List<Task> TASKS = List.of(CLASSES, DEPTH);

  private NDManager base;
  private GraphModule module;

  @BeforeEach
  void open() {
    base = PyTorch.newBaseManager();
    JniUtils.setGradMode(true);
    module =
        GraphModule.create(
            new Edge(PublishedEncoder.TORCHVISION, 0.25, 16).graph(TestPorts.of(3)), base, 1);
  }

  @AfterEach
  void close() {
    module.close();
    base.close();
  }

  private static Batch labels(JsonNode golden) {
    JsonNode inputs = golden.path("inputs");
    float[] classes = Golden.floats(inputs.at("/y_seg/data"));
    float[] known = Golden.floats(inputs.at("/mask_seg/data"));
    for (int i = 0; i < classes.length; i++) {
      classes[i] *= known[i]; // what is unknown is 0 in a batch
    }
    return TestBatches.of(
        Contents.of(TASKS),
        2,
        2,
        2,
        Map.of(CLASSES, classes, DEPTH, Golden.floats(inputs.at("/y_depth/data"))),
        Map.of(CLASSES, known, DEPTH, Golden.floats(inputs.at("/mask_depth/data"))));
  }

  /**
   * The four outputs as leaves, and what a step makes of them.
   *
   * @param logits of the network's head
   * @param metres of the network's head
   * @param saidClasses from depth
   * @param saidDepth from classes
   * @param weights of the losses
   */
  private record Made(
      NDArray logits,
      NDArray metres,
      NDArray saidClasses,
      NDArray saidDepth,
      NamedLosses losses,
      Map<String, Double> weights) {}

  private Made made(JsonNode golden, Form form) {
    JsonNode inputs = golden.path("inputs");
    Made made =
        new Made(
            Golden.leaf(base, inputs.path("seg_logits")),
            Golden.leaf(base, inputs.path("depth")),
            Golden.leaf(base, inputs.path("tseg_logits")),
            Golden.leaf(base, inputs.path("tdepth")),
            new NamedLosses(),
            new HashMap<>());
    TaskWeights lambdas =
        new TaskWeights(
            Map.of(
                "classes", inputs.path("lambda_1").asDouble(),
                "depth", inputs.path("lambda_2").asDouble()));
    Contents contents = Contents.of(TASKS);
    Losses labels = Losses.of(Map.of());
    Auxiliary.Setup setup =
        new Auxiliary.Setup(
            module,
            Map.of(),
            labels,
            TestBatches.turns(contents, 2, 2, 2, 2, Streams.Alternation.ITERATION),
            1,
            base);
    Objective.Step step =
        new Objective.Step(
            labels(golden),
            Map.of(),
            new GraphModule.Forward(
                Map.of("classes", made.logits(), "depth", made.metres()), Map.of()),
            base,
            0);
    labels.supervised(contents).forEach(each -> each.add(step, made.losses()));
    made.weights().putAll(labels.weights(contents));
    try (CrossTaskConsistency consistency =
        new CrossTaskConsistency(
            new CrossTaskConsistency.Options(form, null, lambdas, 0.125), setup)) {
      consistency.add(
          step, Map.of(CLASSES, made.saidClasses(), DEPTH, made.saidDepth()), made.losses());
      consistency.weigh(made.weights());
    }
    return made;
  }

  private static void assertGradient(NDArray leaf, JsonNode expected, double times) {
    float[] scaled = Golden.floats(expected);
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= (float) times;
    }
    try (NDArray gradient = leaf.getGradient()) {
      assertThat(gradient.toFloatArray()).containsExactly(scaled, within((float) TOLERANCE));
    }
  }

  /** Of each task the label counts 1 − λ, and what the form says goes with it λ. */
  @ParameterizedTest
  @EnumSource(Form.class)
  void aStepsLossIsThatInPrint(Form form) throws IOException {
    JsonNode golden = Golden.read("xtc_losses");
    JsonNode expected =
        golden
            .path("outputs")
            .path(
                switch (form) {
                  case PAPER -> "paper_XTC_soft_targets_valid_pixels";
                  case CODE -> "code_XTC_equal";
                  case ALIGN -> "paper_ALIGN";
                });
    Made made = made(golden, form);
    NDArray total = made.losses().sum(made.weights());
    assertThat((double) total.getFloat())
        .isCloseTo(
            form == Form.CODE
                ? expected.path("image_loss(depth branch)").asDouble()
                    + expected.path("label_loss(seg branch)").asDouble()
                : expected.path("total_equal_natural_pairing").asDouble(),
            within(TOLERANCE));
    Gradients.backward(total, false);
    assertGradient(made.logits(), expected.path("grad_seg_logits"), 1);
    assertGradient(made.metres(), expected.path("grad_depth"), 1);
    // The paper's printed pairing, of which these are, gives each the other's λ.
    double classes = golden.at("/inputs/lambda_1").asDouble();
    double depth = golden.at("/inputs/lambda_2").asDouble();
    boolean code = form == Form.CODE;
    assertGradient(
        made.saidClasses(), expected.path("grad_tseg_logits"), code ? 1 : classes / depth);
    assertGradient(made.saidDepth(), expected.path("grad_tdepth"), code ? 1 : depth / classes);
  }

  /** A task's variance weighs its label and its consistency alike. */
  @Test
  void itsLossesAreBalancedWithTheirTasks() throws IOException {
    JsonNode golden = Golden.read("xtc_losses");
    JsonNode expected = golden.path("outputs").path("code_XTC_uncert");
    Made made = made(golden, Form.CODE);
    Balancer balancer =
        new Uncertainty(new Balancer.Setup(made.weights(), TASKS, base, 1), Uncertainty.Form.XTASC);
    float classes = Golden.floats(golden.at("/inputs/s_seg(task_weights[1])/data"))[0];
    float depth = Golden.floats(golden.at("/inputs/s_depth(task_weights[0])/data"))[0];
    Map<String, NDArray> variances = balancer.parameters();
    Gradients.without(
        () -> {
          variances.get("segmentation").set(new float[] {classes});
          variances.get("depth").set(new float[] {depth});
        });
    NDArray total =
        balancer.backward(
            new Balancer.Step(made.losses(), new Balancer.Shared(Map.of(), List.of()), 0));
    assertThat((double) total.getFloat())
        .isCloseTo(
            expected.path("image_loss(depth branch)").get(0).asDouble()
                + expected.path("label_loss(seg branch)").get(0).asDouble(),
            within(TOLERANCE));
    assertGradient(made.logits(), expected.path("grad_seg_logits"), 1);
    assertGradient(made.saidClasses(), expected.path("grad_tseg_logits"), 1);
    assertGradient(made.metres(), expected.path("grad_depth"), 1);
    assertGradient(made.saidDepth(), expected.path("grad_tdepth"), 1);
    assertGradient(variances.get("segmentation"), expected.path("grad_s_seg"), 1);
    assertGradient(variances.get("depth"), expected.path("grad_s_depth"), 1);
  }
}
