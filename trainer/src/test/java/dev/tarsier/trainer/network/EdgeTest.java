package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EdgeTest {
  @Test
  void fitsASmallComputer() {
    LayerGraph graph = new Edge().graph(TestPorts.of(13));

    assertThat(graph.parameterCount()).isLessThan(2_000_000);
    assertThat(graph.multiplyAdds(new Size(240, 320))).isLessThan(650_000_000);
  }

  @Test
  void givesBothOutputsAtHalfTheSize() {
    LayerGraph graph = new Edge().graph(TestPorts.of(13));

    Map<String, Size> sizes = graph.sizes(new Size(240, 320));

    assertThat(sizes.get(graph.outputs().get(TestPorts.CLASSES))).isEqualTo(new Size(120, 160));
    assertThat(sizes.get(graph.outputs().get(TestPorts.DEPTH))).isEqualTo(new Size(120, 160));
    assertThat(graph.outputChannels(TestPorts.CLASSES)).isEqualTo(13);
    assertThat(graph.outputChannels(TestPorts.DEPTH)).isEqualTo(1);
  }

  @Test
  void startsNearTheMedianDepthOfARoom() {
    LayerGraph narrow = new Edge(PublishedEncoder.TORCHVISION, 0.25, 16).graph(TestPorts.of(3));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(narrow, manager, 7)) {
      NDArray image = Noise.uniform(manager, 7, 255, new Shape(2, 3, 64, 96));

      Map<String, NDArray> outputs = module.forward(image, true);

      assertThat(outputs.get(TestPorts.CLASSES).getShape()).isEqualTo(new Shape(2, 3, 32, 48));
      assertThat(outputs.get(TestPorts.DEPTH).getShape()).isEqualTo(new Shape(2, 1, 32, 48));
      for (float metres : outputs.get(TestPorts.DEPTH).toFloatArray()) {
        assertThat(metres).isBetween(2f, 3f);
      }
    }
  }

  @Test
  void hasOnlyTheHeadsAskedFor() {
    assertThat(new Edge().graph(TestPorts.of(0, true)).outputs()).containsOnlyKeys(TestPorts.DEPTH);
    assertThatThrownBy(() -> TestPorts.of(0, false))
        .hasMessageContaining("network.heads must be one or more");
  }

  @Test
  void seesDepthThroughASecondEncoder() {
    LayerGraph student = new Edge().graph(TestPorts.of(13));
    LayerGraph teacher =
        new Edge().graph(TestPorts.withDepthInput(TestPorts.of(13), Fusion.FEATURES));

    assertThat(teacher.inputs())
        .containsExactly(entry(Ports.IMAGE, 3), entry(TestPorts.DEPTH_INPUT, 1));
    long encoder =
        student.parameters().stream()
            .filter(tensor -> tensor.name().startsWith(Ports.ENCODER_PREFIX))
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
                      image -> assertThat(image).startsWith(Ports.ENCODER_PREFIX),
                      depth -> assertThat(depth).startsWith(Ports.EXTRA_ENCODER_PREFIX));
            });
  }

  @Test
  void seesDepthAsAFourthChannel() {
    LayerGraph student = new Edge().graph(TestPorts.of(13));
    LayerGraph fused = new Edge().graph(TestPorts.withDepthInput(TestPorts.of(13), Fusion.INPUT));
    assertThat(fused.parameterCount()).isEqualTo(student.parameterCount() + 32 * 3 * 3);
  }

  @Test
  void whatItSeesBesidesTheImageChangesWhatItSays() {
    Edge narrow = new Edge(PublishedEncoder.TORCHVISION, 0.25, 16);
    Ports both = TestPorts.of(3);
    try (NDManager manager = PyTorch.newBaseManager()) {
      for (Ports ports :
          List.of(
              TestPorts.withDepthInput(both, Fusion.FEATURES),
              TestPorts.withDepthInput(both, Fusion.INPUT),
              TestPorts.withLabelsInput(both, Fusion.FEATURES, 3))) {
        try (GraphModule module = GraphModule.create(narrow.graph(ports), manager, 7)) {
          String name = ports.extra().name();
          Shape shape = new Shape(1, ports.extra().channels(), 64, 96);
          NDArray image = manager.ones(new Shape(1, 3, 64, 96)).mul(100f);
          NDArray none =
              module
                  .forward(Map.of(Ports.IMAGE, image, name, manager.zeros(shape)), false)
                  .get(TestPorts.CLASSES);
          NDArray some =
              module
                  .forward(Map.of(Ports.IMAGE, image, name, manager.ones(shape)), false)
                  .get(TestPorts.CLASSES);
          assertThat(none.sub(some).abs().max().getFloat()).isGreaterThan(0);
        }
      }
    }
  }

  @Test
  void saysWhatAnImageShowsAsAWhole() {
    Edge narrow = new Edge(PublishedEncoder.TORCHVISION, 0.25, 16);
    NetworkChecks.check(narrow, TestPorts.ofImages("room"), new Size(64, 96), new Size(1, 1));
  }

  @Test
  void tasksShareEncoderAndDecoderAndNoHead() {
    LayerGraph both = new Edge().graph(TestPorts.of(13));
    assertThat(both.sharedParameters())
        .hasSizeGreaterThan(100)
        .allMatch(name -> name.startsWith("encoder.") || name.startsWith("decoder."));
    assertThat(both.parameters())
        .extracting(TensorSpec::name)
        .filteredOn(name -> !name.startsWith("heads."))
        .containsExactlyElementsOf(both.sharedParameters());
    assertThat(new Edge().graph(TestPorts.of(0)).sharedParameters()).isEmpty();
  }
}
