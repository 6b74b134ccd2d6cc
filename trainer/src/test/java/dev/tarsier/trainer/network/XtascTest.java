package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XtascTest {
  private static final TaskTransfer DEPTH_OF_CLASSES = new TaskTransfer(7, true, 1, 1);
  private static final TaskTransfer CLASSES_OF_DEPTH = new TaskTransfer(1, false, 7, 1);

  @Test
  void hasAsManyParametersAsTheAuthorsCode() throws IOException {
    JsonNode counts = NetworkChecks.counts();
    LayerGraph graph = new Xtasc().graph(TestPorts.of(7));

    assertThat(
            graph.parameterCount()
                + DEPTH_OF_CLASSES.graph().parameterCount()
                + CLASSES_OF_DEPTH.graph().parameterCount())
        .isEqualTo(counts.path("XTasC-Net ResNet34 7 classes total").asLong());
    assertThat(NetworkChecks.count(graph, "encoder."))
        .isEqualTo(counts.path("  encoder(no fc)").asLong());
    JsonNode decoders = counts.path("  decoder seg, depth");
    assertThat(NetworkChecks.count(graph, "heads.classes.")).isEqualTo(decoders.path(0).asLong());
    assertThat(NetworkChecks.count(graph, "heads.depth.")).isEqualTo(decoders.path(1).asLong());
    JsonNode transfer = counts.path("  TTNet s2d, d2s");
    assertThat(DEPTH_OF_CLASSES.graph().parameterCount()).isEqualTo(transfer.path(0).asLong());
    assertThat(CLASSES_OF_DEPTH.graph().parameterCount()).isEqualTo(transfer.path(1).asLong());
    JsonNode one = counts.path("  BaseSTLNet seg7, depth");
    assertThat(new Xtasc().graph(TestPorts.of(7, false)).parameterCount())
        .isEqualTo(one.path(0).asLong());
    assertThat(new Xtasc().graph(TestPorts.of(0)).parameterCount()).isEqualTo(one.path(1).asLong());
  }

  /** With both task-transfer networks for 7 classes; torchvision's encoders by themselves. */
  @ParameterizedTest
  @CsvSource({"18, 11176512, 21.4", "34, 21284672, 31.6", "50, 23508032, 40.4"})
  void hasTorchvisionsEncoders(int resnet, long encoder, double millions) {
    LayerGraph graph = new Xtasc(resnet, 1).graph(TestPorts.of(7));

    assertThat(NetworkChecks.count(graph, "encoder.")).isEqualTo(encoder);
    assertThat(Math.round((graph.parameterCount() + 1_885_568 + 1_882_496) / 1e5) / 10.0)
        .isEqualTo(millions);
    assertThat(graph.parameters())
        .extracting(TensorSpec::name)
        .contains("encoder.conv1.weight", "encoder.layer2.0.downsample.1.bias")
        .noneMatch(name -> name.contains("layer1.0.downsample") && resnet < 50);
  }

  @ParameterizedTest
  @CsvSource({"18", "50"})
  void givesMapsOfTheImagesSizeThoughNoStrideDividesIt(int resnet) {
    Size odd = new Size(45, 83);
    NetworkChecks.check(new Xtasc(resnet, 0.125), TestPorts.withNormals(5), odd, odd);
  }

  @Test
  void saysOneTasksOutputFromAnothers() {
    LayerGraph graph = new TaskTransfer(7, true, 1, 0.125).graph();
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, manager, 7)) {
      NDArray logits = Noise.uniform(manager, 7, 3, new Shape(2, 7, 45, 83));
      logits.setRequiresGradient(true);
      JniUtils.setGradMode(true);
      NDArray said = module.forward(logits, true).get(TaskTransfer.TARGET);
      Gradients.backward(said.square().mean(), false);
      // It is learned, and so is what gave the logits.
      assertThat(logits.getGradient().abs().max().getFloat()).isPositive();
      module
          .parameters()
          .forEach(
              (name, parameter) ->
                  assertThat(parameter.getGradient().abs().max().getFloat()).as(name).isPositive());

      NDArray depth = module.forward(logits, false).get(TaskTransfer.TARGET);

      assertThat(depth.getShape()).isEqualTo(new Shape(2, 1, 45, 83));
      // A softmax is blind to what all logits have in common.
      NDArray shifted = module.forward(logits.add(5f), false).get(TaskTransfer.TARGET);
      assertThat(shifted.sub(depth).abs().max().getFloat()).isLessThan(1e-4f);
      assertThat(depth.abs().max().getFloat()).isGreaterThan(1e-2f);
    }
  }

  @Test
  void saysWhichSettingIsWrong() {
    assertThatThrownBy(() -> new Xtasc(101, 1))
        .hasMessage("resnet must be one of [18, 34, 50], got 101");
    assertThatThrownBy(() -> new TaskTransfer(7, true, 1, 5))
        .hasMessage("width_factor must be 0.01 to 4, got 5.0");
  }
}
