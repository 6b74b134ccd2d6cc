package dev.tarsier.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.Contents;
import dev.tarsier.trainer.dataset.Streams;
import dev.tarsier.trainer.dataset.TestBatches;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.Gradients;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TestTasks;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When the earlier network is taken anew, and what is learned from it. */
class EarlierSelfTest {
  private static final LayerGraph GRAPH =
      new Edge(PublishedEncoder.TORCHVISION, 0.25, 16).graph(TestPorts.of(3));
  private static final Task CLASSES = TestTasks.classes(3);
  private static final Task DEPTH = TestTasks.depth();
  private static final Contents CONTENTS = Contents.of(List.of(CLASSES, DEPTH));

  /** One of all; the others do as it does. */
  private static final String WEIGHT = "encoder.features.0.0.weight";

  private NDManager base;
  private GraphModule module;

  @BeforeEach
  void open() {
    base = PyTorch.newBaseManager();
    JniUtils.setGradMode(true);
    module = GraphModule.create(GRAPH, base, 1);
  }

  @AfterEach
  void close() {
    module.close();
    base.close();
  }

  /** An epoch has four steps, two of each stream. */
  private EarlierSelf create(String section, Streams.Alternation by, long steps) {
    EarlierSelf.Options options =
        StrictYaml.parse(section, "earlier_self", EarlierSelf.Options.class);
    return new EarlierSelf(
        options,
        new Auxiliary.Setup(
            module,
            Map.of(),
            Losses.of(Map.of()),
            TestBatches.turns(CONTENTS, 4, 2, 32, 32, by),
            steps,
            base));
  }

  private void weightIs(float value) {
    NDArray weight = module.parameters().get(WEIGHT);
    Gradients.without(() -> weight.muli(0).addi(value));
  }

  private static float weightOf(EarlierSelf self) {
    return self.states().get(0).tensors().get(WEIGHT).toFloatArray()[0];
  }

  /** Each number is the step whose network is asked in the step at its place. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{every_steps: 1}  | ITERATION | 0 0 1 2 3 4 5 6 7 8",
        "{every_steps: 3}  | ITERATION | 0 0 0 2 2 2 5 5 5 8",
        "{every_epochs: 1} | ITERATION | 0 0 0 0 3 3 3 3 7 7",
        "{every_phases: 1} | EPOCH     | 0 0 1 1 3 3 5 5 7 7",
        "{every_phases: 2} | EPOCH     | 0 0 0 0 3 3 3 3 7 7"
      })
  void isTakenAnewWhenItIsTime(String section, Streams.Alternation by, String asked) {
    weightIs(0);
    try (EarlierSelf self = create(section, by, 10)) {
      String[] expected = asked.split(" ");
      for (int step = 0; step < expected.length; step++) {
        assertThat(weightOf(self)).as("step %d", step).isEqualTo(Float.parseFloat(expected[step]));
        weightIs(step); // what the network is before it moves in this step
        self.differentiated(step);
      }
    }
  }

  @Test
  void followsClosely() {
    weightIs(1);
    try (EarlierSelf self = create("{ema: 0.5}", Streams.Alternation.ITERATION, 10)) {
      weightIs(2);
      self.differentiated(0);
      // At first it keeps a tenth of itself, later a half.
      assertThat(weightOf(self)).isCloseTo(1.9f, within(1e-5f));
      weightIs(0);
      self.differentiated(1000);
      assertThat(weightOf(self)).isCloseTo(0.95f, within(1e-5f));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // The first epoch counts nothing, the second more and more.
        "{}                                                | ITERATION | 0 0 0 0 0 0.25 0.5 0.75 1 1",
        "{every_steps: 1, warm_up_epochs: 0, ramp_epochs: 0} | ITERATION | 0 1 1 1 1 1",
        "{ema: 0.9, warm_up_epochs: 0, ramp_epochs: 0.5}   | ITERATION | 0 0 0.5 1 1 1",
        // Nothing before it has learned, however short the warm-up.
        "{every_phases: 1, warm_up_epochs: 0, ramp_epochs: 0} | EPOCH  | 0 0 1 1 1 1",
        "{every_epochs: 2, warm_up_epochs: 0, ramp_epochs: 1} | EPOCH  | 0 0 0 0 0 0 0 0 0 0.25"
      })
  void countsNothingUntilItHasLearnedAndThenMoreAndMore(
      String section, Streams.Alternation by, String shares) {
    try (EarlierSelf self = create(section, by, 10)) {
      double[] expected =
          Arrays.stream(shares.split(" ")).mapToDouble(Double::parseDouble).toArray();
      for (int step = 0; step < expected.length; step++) {
        assertThat(self.share(step)).as("step %d", step).isCloseTo(expected[step], within(1e-9));
      }
    }
  }

  /** Of depth the mean absolute error, over the frames that have no label of it. */
  @Test
  void framesWithoutALabelAreHeldToWhatItSaidOfThem() {
    int pixels = 2 * 16 * 16;
    Batch batch =
        TestBatches.of(
            CONTENTS,
            2,
            16,
            16,
            Map.of(CLASSES, new float[pixels], DEPTH, new float[pixels]),
            Map.of(CLASSES, ones(pixels), DEPTH, new float[pixels]));
    Shape map = new Shape(2, 1, 16, 16);
    try (EarlierSelf self =
        create(
            "{ema: 0.9, warm_up_epochs: 0, ramp_epochs: 0.5, weights: {depth: 3}}",
            Streams.Alternation.ITERATION,
            10)) {
      Map<String, NDArray> inputs = BatchTensors.inputs(base, batch);
      NDArray then = module.forward(inputs, false).get("depth").stopGradient();
      NDArray now = then.add(base.arange(0f, pixels, 1f).reshape(map).sub(200f));
      Map<String, NDArray> outputs =
          Map.of("classes", base.zeros(new Shape(2, 3, 16, 16)), "depth", now);
      NamedLosses losses = new NamedLosses();
      Objective.Step step =
          new Objective.Step(batch, inputs, new GraphModule.Forward(outputs, Map.of()), base, 2);
      self.add(step, losses);
      // Half of the mean of |i − 200| over i = 0 … 511; classes have labels.
      assertThat(losses.all()).containsOnlyKeys("depth.earlier_self");
      assertThat(losses.values().get("depth.earlier_self"))
          .isCloseTo(0.5 * (200 * 201 / 2 + 311 * 312 / 2) / pixels, within(0.01));
      // Who looks a second time compares with the same answer, though it was taken anew.
      weightIs(7);
      Gradients.without(() -> module.parameters().values().forEach(each -> each.muli(0)));
      self.differentiated(2);
      NamedLosses again = new NamedLosses();
      self.add(step, again);
      assertThat(again.values()).isEqualTo(losses.values());
      Map<String, Double> weights = new HashMap<>();
      self.weigh(weights);
      assertThat(weights)
          .containsOnly(
              Map.entry("segmentation.earlier_self", 1.0), Map.entry("depth.earlier_self", 3.0));
    }
  }

  private static float[] ones(int count) {
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    return ones;
  }
}
