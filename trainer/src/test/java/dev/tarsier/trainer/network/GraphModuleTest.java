package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.network.Layer.Conv;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphModuleTest {
  private static final LayerGraph EDGE =
      new Edge(PublishedEncoder.TENSORFLOW, 0.25, 16).graph(TestPorts.of(3));

  @TempDir Path temp;
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Worked out by hand: mean 2.5, variance 1.25 of 1, 2, 3, 4; torch stores the unbiased 5/3. */
  @Test
  void normalisesByTheBatchWhileTrainingAndByTheRunningStatisticsAfterwards() {
    GraphModule module = one("norm", Layer.BatchNorm.of(1), 1);
    NDArray x = manager.create(new float[] {1, 2, 3, 4}, new Shape(1, 1, 2, 2));

    float[] training = module.forward(x, true).get("y").toFloatArray();
    float[] after = module.forward(x, false).get("y").toFloatArray();

    assertThat(training[0]).isCloseTo((float) (-1.5 / Math.sqrt(1.25)), within(1e-4f));
    assertThat(module.values("norm.running_mean")[0]).isCloseTo(0.25f, within(1e-6f));
    assertThat(module.values("norm.running_var")[0])
        .isCloseTo((float) (0.9 + 0.1 * 5 / 3), within(1e-6f));
    assertThat(after[0]).isCloseTo((float) (0.75 / Math.sqrt(0.9 + 0.1 * 5 / 3)), within(1e-4f));
  }

  @Test
  void clipsAtSixAlikeWhileTrainingAndAfterwardsAndHasNoSlopeBeyond() {
    GraphModule module = one("relu6", Layer.Activation.RELU6, 1);
    NDArray x = manager.create(new float[] {-1, 0.3f, 5.9f, 700.7f}, new Shape(1, 1, 2, 2));
    float[] expected = {0, 0.3f, 5.9f, 6};
    JniUtils.setGradMode(true);
    x.setRequiresGradient(true);

    NDArray y = module.forward(x, true).get("y");
    NDArray sum = y.sum();
    JniUtils.backward((PtNDArray) sum, (PtNDArray) sum.onesLike(), false, false);

    assertThat(y.toFloatArray()).containsExactly(expected);
    assertThat(x.getGradient().toFloatArray()).containsExactly(0, 1, 1, 0);
    assertThat(module.forward(x, false).get("y").toFloatArray()).containsExactly(expected);
  }

  /** Each output counts the ones under the kernel: zeros lie at the right and the bottom only. */
  @Test
  void padsEachSideAsAsked() {
    GraphModule module =
        one("conv", new Conv(1, 1, 3, 2, new Layer.Zeros(0, 0, 1, 1), 1, 1, false), 1);
    module.parameters().get("conv.weight").set(new float[] {1, 1, 1, 1, 1, 1, 1, 1, 1});
    NDArray ones = manager.ones(new Shape(1, 1, 4, 4));

    assertThat(module.forward(ones, false).get("y").toFloatArray()).containsExactly(9, 6, 6, 4);
  }

  /** As a sum over pixels; with channels innermost, as the images of a training lie. */
  @Test
  void takesGradientsOfEachSecondPixelOfFewChannels() {
    for (int in : new int[] {3, 4, 6, 7, 9}) {
      Conv conv = new Conv(in, 13, 1, 2, new Layer.Zeros(0, 0, 0, 0), 1, 1, false);
      NDArray x = channelsLast(Noise.uniform(manager, in, 1, new Shape(2, 16, 24, in)));
      NDArray weight = Noise.uniform(manager, 8, 1, new Shape(13, in, 1, 1));
      NDArray upstream = channelsLast(Noise.uniform(manager, 9, 1, new Shape(2, 8, 12, 13)));
      NDArray seen = x.get(":, :, ::2, ::2").transpose(0, 2, 3, 1).reshape(2 * 8 * 12, in);
      NDArray flat = upstream.transpose(0, 2, 3, 1).reshape(2 * 8 * 12, 13);
      float[] expected = flat.transpose().matMul(seen).toFloatArray();
      NDArray back = flat.matMul(weight.reshape(13, in));
      JniUtils.setGradMode(true);
      weight.setRequiresGradient(true);
      x.setRequiresGradient(true);

      NDArray y = GraphModule.convolve(conv, x, weight, null);
      JniUtils.backward((PtNDArray) y, (PtNDArray) upstream, false, false);

      assertThat(y.getShape()).isEqualTo(new Shape(2, 13, 8, 12));
      assertThat(weight.getGradient().toFloatArray())
          .as("%d channels", in)
          .containsExactly(expected, within(1e-3f));
      NDArray ofInput = x.getGradient();
      assertThat(
              ofInput
                  .get(":, :, ::2, ::2")
                  .transpose(0, 2, 3, 1)
                  .reshape(2 * 8 * 12, in)
                  .sub(back)
                  .abs()
                  .max()
                  .getFloat())
          .isLessThan(1e-4f);
      assertThat(ofInput.sum().getFloat()).isCloseTo(back.sum().getFloat(), within(1e-2f));
    }
  }

  private static NDArray channelsLast(NDArray values) {
    return values.transpose(0, 3, 1, 2);
  }

  @Test
  void givesTheSameWeightsForTheSameSeedAndOthersForAnother() {
    GraphModule first = GraphModule.create(EDGE, manager, 5);
    GraphModule same = GraphModule.create(EDGE, manager, 5);
    GraphModule other = GraphModule.create(EDGE, manager, 6);
    String name = "encoder.features.4.conv.1.0.weight";

    assertThat(same.values(name)).isEqualTo(first.values(name));
    assertThat(other.values(name)).isNotEqualTo(first.values(name));
    assertThat(first.values(name)).isNotEqualTo(first.values(name.replace(".4.", ".5.")));
  }

  @Test
  void givesTheSameOutputsAfterSavingAndLoading() throws IOException {
    GraphModule first = GraphModule.create(EDGE, manager, 5);
    NDArray image = image(1, 2);
    for (int i = 0; i < 3; i++) {
      first.forward(image, true);
    }
    Path file = temp.resolve("edge.safetensors");

    first.save(file);
    GraphModule second = GraphModule.create(EDGE, manager, 99);
    second.load(file);

    for (String output : EDGE.outputs().keySet()) {
      assertThat(second.forward(image, false).get(output).toFloatArray())
          .isEqualTo(first.forward(image, false).get(output).toFloatArray());
    }
  }

  /** The slope of the loss along the gradient, measured by taking a small step. */
  @Test
  void givesGradientsThatPredictTheLoss() {
    GraphModule module = GraphModule.create(EDGE, manager, 5);
    NDArray image = image(2, 2);
    double before = backward(module, image);
    double slope = 0;
    double step = 1e-4;
    for (NDArray parameter : module.parameters().values()) {
      try (NDArray gradient = parameter.getGradient().duplicate()) {
        slope += gradient.square().sum().getFloat();
        float[] moved = parameter.toFloatArray();
        float[] along = gradient.toFloatArray();
        for (int i = 0; i < moved.length; i++) {
          moved[i] -= (float) (step * along[i]);
        }
        parameter.set(moved);
      }
    }

    double after = backward(module, image);

    assertThat(slope).isGreaterThan(0.01);
    assertThat((before - after) / step).isCloseTo(slope, within(0.1 * slope));
  }

  @Test
  void leavesNothingBehindInTheBaseManagerStepByStep() {
    GraphModule module = GraphModule.create(EDGE, manager, 5);
    int before = -1;
    for (int step = 0; step < 4; step++) {
      try (NDManager work = manager.newSubManager()) {
        NDArray image = work.ones(new Shape(1, 3, 64, 64));
        module.forward(image, true);
        module.forward(image, false);
        // The image and its two outputs, twice: everything between is freed already.
        assertThat(work.getManagedArrays()).hasSize(1 + 2 * 2);
      }
      int now = manager.getManagedArrays().size();
      if (step > 0) {
        assertThat(now).isEqualTo(before);
      }
      before = now;
    }
  }

  @Test
  void keepsFrozenLayersAsTheyAreAndAsksNoGradientForThem() {
    GraphModule module = GraphModule.create(EDGE, manager, 5);
    module.freeze("encoder.features.0.", "encoder.features.1.");

    backward(module, image(3, 2));

    NDArray frozen = module.parameters().get("encoder.features.0.0.weight");
    NDArray learned = module.parameters().get("encoder.features.2.conv.0.0.weight");
    assertThat(frozen.hasGradient()).isFalse();
    assertThat(learned.hasGradient()).isTrue();
    assertThat(module.values("encoder.features.1.conv.2.running_mean")).containsOnly(0f);
    assertThat(module.values("encoder.features.2.conv.3.running_mean")).doesNotContain(0f);
    assertThatThrownBy(() -> module.freeze("encodr."))
        .hasMessage("edge has no layer that starts with 'encodr.'");
  }

  @Test
  void leavesRecordingAsItWasAfterAnEvaluation() {
    GraphModule module = GraphModule.create(EDGE, manager, 5);
    JniUtils.setGradMode(true);

    NDArray depth = module.forward(image(4, 1), false).get(TestPorts.DEPTH);

    assertThat(JniUtils.requiresGrad((PtNDArray) depth)).isFalse();
    assertThat(JniUtils.isGradMode()).isTrue();
  }

  @Test
  void saysWhichInputIsMissingOrOfAnotherShape() {
    GraphModule module = GraphModule.create(EDGE, manager, 5);

    assertThatThrownBy(() -> module.forward(Map.of(), false))
        .hasMessage("edge: input image is missing");
    assertThatThrownBy(() -> module.forward(manager.ones(new Shape(1, 4, 64, 64)), false))
        .hasMessage("edge: input image must be float32 [N,3,H,W], got float32 (1, 4, 64, 64)");
  }

  private GraphModule one(String name, Layer layer, int channels) {
    LayerGraph.Builder graph = LayerGraph.named("one");
    graph.output("y", graph.add(name, layer, graph.input("x", channels)));
    return GraphModule.create(graph.build(), manager, 1);
  }

  private NDArray image(long seed, int count) {
    float[] values = new float[count * 3 * 64 * 64];
    Random random = new Random(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(256);
    }
    return manager.create(values, new Shape(count, 3, 64, 64));
  }

  private double backward(GraphModule module, NDArray image) {
    JniUtils.setGradMode(true);
    Map<String, NDArray> outputs = module.forward(image, true);
    NDArray loss =
        outputs
            .get(TestPorts.DEPTH)
            .sub(5f)
            .square()
            .mean()
            .add(outputs.get(TestPorts.CLASSES).sub(1f).square().mean());
    JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
    return loss.getFloat();
  }
}
