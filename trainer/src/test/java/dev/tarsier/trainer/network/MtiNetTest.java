package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MtiNetTest {
  private static final MtiNet MTI = new MtiNet();
  private static final Ports PAPER = TestPorts.of(40);

  /** The authors' own code was counted, part by part. */
  @Test
  void hasAsManyParametersAsTheAuthorsCode() throws IOException {
    JsonNode counts = NetworkChecks.counts();
    LayerGraph graph = MTI.graph(PAPER);

    assertThat(graph.parameterCount())
        .isEqualTo(counts.path("MTI-Net HRNet18-small-v2, semseg40+depth total").asLong());
    assertThat(MTI.graph(TestPorts.of(19)).parameterCount())
        .isEqualTo(counts.path("  Cityscapes 19 classes total").asLong());
    assertThat(NetworkChecks.count(graph, "encoder."))
        .isEqualTo(counts.path("  backbone").asLong());
    for (int i = 0; i < 3; i++) {
      assertThat(NetworkChecks.count(graph, "decoder.fpm" + (3 - i) + "."))
          .isEqualTo(counts.path("  FPM scale3,2,1").path(i).asLong());
    }
    for (int scale = 0; scale < 4; scale++) {
      assertThat(NetworkChecks.count(graph, "decoder.initial" + scale + "."))
          .isEqualTo(counts.path("  initial heads scale0..3").path(scale).asLong());
      assertThat(NetworkChecks.count(graph, "decoder.mmdm" + scale + "."))
          .isEqualTo(counts.path("  distillation scale0..3").path(scale).asLong());
    }
    assertThat(NetworkChecks.count(graph, "heads.classes."))
        .isEqualTo(counts.path("  heads semseg,depth").path(0).asLong());
    assertThat(NetworkChecks.count(graph, "heads.depth."))
        .isEqualTo(counts.path("  heads semseg,depth").path(1).asLong());
  }

  @Test
  void hasTheAuthorsScales() throws IOException {
    JsonNode shapes = NetworkChecks.counts().path("  backbone scales for 1x3x64x96");
    LayerGraph graph = MTI.graph(PAPER);
    Map<String, Size> sizes = graph.sizes(new Size(64, 96));

    for (int scale = 0; scale < 4; scale++) {
      String node = "decoder.initial" + scale + ".classes.1.relu";
      JsonNode shape = shapes.path(scale);
      assertThat(graph.node(node).channels()).isEqualTo(shape.path(1).asInt());
      assertThat(sizes.get(node)).isEqualTo(new Size(shape.path(2).asInt(), shape.path(3).asInt()));
    }
  }

  /** A second backbone is one of its own but for the filters of its first layer. */
  @Test
  void countsWhatATeacherHasMore() {
    long student = MTI.graph(PAPER).parameterCount();
    long backbone = 3_860_720;
    int filters = 64 * 9;

    assertThat(MTI.graph(TestPorts.withDepthInput(PAPER, Fusion.FEATURES)).parameterCount())
        .isEqualTo(student + backbone - 2L * filters);
    assertThat(MTI.graph(TestPorts.withLabelsInput(PAPER, Fusion.FEATURES, 40)).parameterCount())
        .isEqualTo(student + backbone + 37L * filters);
    assertThat(MTI.graph(TestPorts.withDepthInput(PAPER, Fusion.INPUT)).parameterCount())
        .isEqualTo(student + filters);
  }

  /** Without a second task nothing passes between tasks. */
  @Test
  void hasNothingBetweenTasksWhereThereIsOne() {
    LayerGraph classes = MTI.graph(TestPorts.of(40, false));
    LayerGraph depth = MTI.graph(TestPorts.of(0, true));

    assertThat(classes.outputs())
        .containsOnlyKeys("classes", "classes.0", "classes.1", "classes.2", "classes.3");
    assertThat(depth.outputs())
        .containsOnlyKeys("depth", "depth.0", "depth.1", "depth.2", "depth.3");
    assertThat(classes.nodes())
        .noneMatch(node -> node.name().contains("fpm") || node.name().contains("mmdm"));
    // The shared parts once, each task's heads as in the network of both.
    long both = 38_075 + 149_981 + 595_409 + 1_501_241 + 84_550 + 73_981;
    assertThat(classes.parameterCount() + depth.parameterCount()).isEqualTo(2 * 3_860_720 + both);
  }

  @ParameterizedTest
  @CsvSource({"1, 70, 90", "2, 35, 45", "4, 18, 23"})
  void givesFinalOutputsAndFirstGuessesOfOneSize(int stride, int height, int width) {
    LayerGraph graph = new MtiNet(stride).graph(TestPorts.of(3));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, manager, 7)) {
      // A size that no scale divides.
      NDArray image = Noise.uniform(manager, 7, 255, new Shape(2, 3, 70, 90));

      Map<String, NDArray> training = module.forward(image, true);
      Map<String, NDArray> inference = module.forward(image, false);

      assertThat(training).hasSize(10);
      training.forEach(
          (name, output) ->
              assertThat(output.getShape())
                  .as(name)
                  .isEqualTo(new Shape(2, name.startsWith("classes") ? 3 : 1, height, width)));
      assertThat(inference).containsOnlyKeys("classes", "depth");
    }
  }

  @Test
  void startsNearTheMedianDepthOfARoomAtEveryScale() {
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(MTI.graph(TestPorts.of(3)), manager, 7)) {
      NDArray image = Noise.uniform(manager, 7, 255, new Shape(2, 3, 64, 96));

      Map<String, NDArray> outputs = module.forward(image, true);

      for (String depth : new String[] {"depth", "depth.0", "depth.1", "depth.2", "depth.3"}) {
        for (float metres : outputs.get(depth).toFloatArray()) {
          assertThat(metres).as(depth).isBetween(1f, 5f);
        }
      }
    }
  }

  @Test
  void givesWhatTorchGivesAtEveryScale() throws IOException {
    TorchReference reference = TorchReference.read();
    LayerGraph graph = MTI.graph(TestPorts.of(5));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, manager, 1)) {
      TorchReference.fill(module);
      // Frozen, so that the first guesses are made with the running statistics.
      module.freeze("");

      Map<String, NDArray> outputs = module.forward(TorchReference.image(manager), true);

      assertThat(outputs.keySet()).containsExactlyElementsOf(graph.outputs().keySet());
      outputs.forEach((name, output) -> reference.check("outputs", name, output));
    }
  }

  @Test
  void teachesEveryParameterThroughItsOutputs() {
    LayerGraph graph = MTI.graph(TestPorts.withDepthInput(TestPorts.of(3), Fusion.FEATURES));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, manager, 7)) {
      NDArray image = Noise.uniform(manager, 7, 255, new Shape(2, 3, 48, 64));
      NDArray depth = Noise.uniform(manager, 7, 5, new Shape(2, 1, 48, 64));
      JniUtils.setGradMode(true);

      Map<String, NDArray> outputs =
          module.forward(Map.of(Ports.IMAGE, image, TestPorts.DEPTH_INPUT, depth), true);
      NDArray loss = manager.zeros(new Shape());
      for (NDArray output : outputs.values()) {
        loss = loss.add(output.sub(1f).square().mean());
      }
      JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);

      module
          .parameters()
          .forEach(
              (name, parameter) -> {
                assertThat(parameter.hasGradient()).as(name).isTrue();
                try (NDArray gradient = parameter.getGradient();
                    NDArray largest = gradient.abs().max()) {
                  assertThat(largest.getFloat()).as(name).isPositive().isFinite();
                }
              });
    }
  }

  @Test
  void saysWhatAnImageShowsAsAWholeAtEveryScale() {
    LayerGraph graph = MTI.graph(TestPorts.ofImages("room"));
    Map<String, Size> sizes = graph.sizes(new Size(64, 96));

    assertThat(graph.outputs()).hasSize(5);
    assertThat(graph.outputs().values())
        .allSatisfy(node -> assertThat(sizes.get(node)).isEqualTo(new Size(1, 1)));
  }

  @Test
  void saysWhichSettingIsWrong() {
    assertThatThrownBy(() -> new MtiNet(3))
        .hasMessage("output_stride of mti_hrnet18 must be 1, 2 or 4, got 3");
    assertThatThrownBy(() -> TestPorts.withLabelsInput(PAPER, Fusion.FEATURES, 0))
        .hasMessage("the input labels_input must have 1 channel or more, got 0");
    assertThatThrownBy(() -> new Ports(List.of(PAPER.heads().get(0), PAPER.heads().get(0)), null))
        .hasMessageContaining("each of another task");
  }

  @Test
  void tasksShareAllButWhatLeadsToOneOutput() {
    LayerGraph graph = MTI.graph(TestPorts.of(13));
    // A first guess at a scale, its head and the messages to it are of one task. What the tasks
    // exchange is of both, and so are each task's own features, which the other is told of.
    assertThat(graph.parameters())
        .extracting(TensorSpec::name)
        .filteredOn(name -> !graph.sharedParameters().contains(name))
        .isNotEmpty()
        .allMatch(
            name -> name.matches("heads\\..*|decoder\\.(mmdm.*|initial\\d\\.\\w+\\.out\\..*)"));
    assertThat(graph.sharedParameters())
        .contains(
            "decoder.initial0.classes.0.conv1.weight",
            "decoder.fpm1.reduce.conv1.weight",
            "decoder.fpm1.depth.excite.0.weight");
    assertThat(MTI.graph(TestPorts.of(0, true)).sharedParameters()).isEmpty();
  }
}
