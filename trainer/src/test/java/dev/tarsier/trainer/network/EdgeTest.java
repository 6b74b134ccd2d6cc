package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.trainer.network.MobileNetV2.Origin;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EdgeTest {
  @Test
  void fitsASmallComputer() {
    LayerGraph graph = Edge.student(EdgeOptions.standard(13));

    assertThat(graph.parameterCount()).isLessThan(2_000_000);
    assertThat(graph.multiplyAdds(new Size(240, 320))).isLessThan(650_000_000);
  }

  @Test
  void givesBothOutputsAtHalfTheSize() {
    LayerGraph graph = Edge.student(EdgeOptions.standard(13));

    Map<String, Size> sizes = graph.sizes(new Size(240, 320));

    assertThat(sizes.get(graph.outputs().get(Edge.CLASSES))).isEqualTo(new Size(120, 160));
    assertThat(sizes.get(graph.outputs().get(Edge.DEPTH))).isEqualTo(new Size(120, 160));
    assertThat(graph.outputChannels(Edge.CLASSES)).isEqualTo(13);
    assertThat(graph.outputChannels(Edge.DEPTH)).isEqualTo(1);
  }

  @Test
  void startsNearTheMedianDepthOfARoom() {
    EdgeOptions narrow = new EdgeOptions(3, true, Origin.TORCHVISION, 0.25, 16, 10);
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(Edge.student(narrow), manager, 7)) {
      NDArray image = Noise.uniform(manager, 7, 255, new Shape(2, 3, 64, 96));

      Map<String, NDArray> outputs = module.forward(image, true);

      assertThat(outputs.get(Edge.CLASSES).getShape()).isEqualTo(new Shape(2, 3, 32, 48));
      assertThat(outputs.get(Edge.DEPTH).getShape()).isEqualTo(new Shape(2, 1, 32, 48));
      for (float metres : outputs.get(Edge.DEPTH).toFloatArray()) {
        assertThat(metres).isBetween(2f, 3f);
      }
    }
  }

  @Test
  void hasOnlyTheHeadsAskedFor() {
    EdgeOptions standard = EdgeOptions.standard(0);

    assertThat(Edge.student(standard).outputs()).containsOnlyKeys(Edge.DEPTH);
    assertThatThrownBy(() -> new EdgeOptions(0, false, Origin.TORCHVISION, 1, 96, 10))
        .hasMessage("a network needs classes, depth, or both");
  }

  @Test
  void seesDepthThroughASecondEncoder() {
    LayerGraph student = Edge.student(EdgeOptions.standard(13));
    EdgeOptions options = EdgeOptions.standard(13).withDepthInput(Fusion.FEATURES);
    LayerGraph teacher = Edge.of(options);

    assertThat(teacher.inputs()).containsExactly(entry(Edge.IMAGE, 3), entry(Edge.DEPTH_INPUT, 1));
    long encoder =
        student.parameters().stream()
            .filter(tensor -> tensor.name().startsWith(Edge.ENCODER_PREFIX))
            .mapToLong(TensorSpec::count)
            .sum();
    // The second first convolution has one input channel in place of three.
    assertThat(teacher.parameterCount())
        .isEqualTo(student.parameterCount() + encoder - 2 * 32 * 3 * 3);
    // Summed at each of four scales, what the image has and what depth has.
    assertThat(teacher.nodes())
        .filteredOn(node -> node.name().startsWith("fuse."))
        .hasSize(4)
        .allSatisfy(
            node -> {
              assertThat(node.layer()).isInstanceOf(Layer.Add.class);
              assertThat(node.inputs())
                  .satisfiesExactly(
                      image -> assertThat(image).startsWith(Edge.ENCODER_PREFIX),
                      depth -> assertThat(depth).startsWith(Edge.EXTRA_ENCODER_PREFIX));
            });
    assertThatThrownBy(() -> Edge.student(options)).hasMessageContaining("image alone");
  }

  @Test
  void seesDepthAsAFourthChannel() {
    LayerGraph student = Edge.student(EdgeOptions.standard(13));
    LayerGraph fused = Edge.of(EdgeOptions.standard(13).withDepthInput(Fusion.INPUT));
    assertThat(fused.parameterCount()).isEqualTo(student.parameterCount() + 32 * 3 * 3);
  }

  @Test
  void whatItSeesBesidesTheImageChangesWhatItSays() {
    EdgeOptions narrow = new EdgeOptions(3, true, Origin.TORCHVISION, 0.25, 16, 10);
    try (NDManager manager = PyTorch.newBaseManager()) {
      for (EdgeOptions options :
          List.of(
              narrow.withDepthInput(Fusion.FEATURES),
              narrow.withDepthInput(Fusion.INPUT),
              narrow.withLabelsInput(Fusion.FEATURES, 3))) {
        try (GraphModule module = GraphModule.create(Edge.of(options), manager, 7)) {
          String name = options.extra() == Extra.DEPTH ? Edge.DEPTH_INPUT : Edge.LABELS_INPUT;
          Shape shape = new Shape(1, options.extra() == Extra.DEPTH ? 1 : 3, 64, 96);
          NDArray image = manager.ones(new Shape(1, 3, 64, 96)).mul(100f);
          NDArray none =
              module
                  .forward(Map.of(Edge.IMAGE, image, name, manager.zeros(shape)), false)
                  .get(Edge.CLASSES);
          NDArray some =
              module
                  .forward(Map.of(Edge.IMAGE, image, name, manager.ones(shape)), false)
                  .get(Edge.CLASSES);
          assertThat(none.sub(some).abs().max().getFloat()).isGreaterThan(0);
        }
      }
    }
  }

  @Test
  void tasksShareEncoderAndDecoderAndNoHead() {
    LayerGraph both = Edge.student(EdgeOptions.standard(13));
    assertThat(both.sharedParameters())
        .hasSizeGreaterThan(100)
        .allMatch(name -> name.startsWith("encoder.") || name.startsWith("decoder."));
    assertThat(both.parameters())
        .extracting(TensorSpec::name)
        .filteredOn(name -> !name.startsWith(Edge.HEADS_PREFIX))
        .containsExactlyElementsOf(both.sharedParameters());
    assertThat(Edge.student(EdgeOptions.standard(0)).sharedParameters()).isEmpty();
  }
}
