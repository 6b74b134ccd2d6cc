package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarsier.trainer.network.Layer.Conv;
import dev.tarsier.trainer.network.Layer.Padding;
import org.junit.jupiter.api.Test;

class LayerGraphTest {
  private final LayerGraph.Builder graph = LayerGraph.named("net");
  private final String image = graph.input("image", 3);

  @Test
  void namesALayerThatIsGivenTwice() {
    graph.add("stem", Conv.pointwise(3, 8, false), image);

    assertThatThrownBy(() -> graph.add("stem", Layer.Activation.RELU, image))
        .hasMessage("net: the name stem is used twice");
  }

  @Test
  void namesTheLayerWhoseChannelsDoNotFit() {
    graph.add("stem", Conv.pointwise(3, 8, false), image);

    assertThatThrownBy(() -> graph.add("next", Conv.pointwise(16, 8, false), "stem"))
        .hasMessage("net: layer next (fed by stem) takes 16 channels, got 8");
    assertThatThrownBy(() -> graph.add("sum", new Layer.Add(), "stem", image))
        .hasMessage(
            "net: layer sum (fed by stem, image) inputs must have the same channels, got [8, 3]");
  }

  @Test
  void namesALayerThatIsNotThere() {
    assertThatThrownBy(() -> graph.add("next", Layer.Activation.RELU, "stem"))
        .hasMessage("net: next asks for layer stem, which was not added before");
  }

  @Test
  void aLayerUsedAgainHasTheFirstOnesWeights() {
    graph.add("conv", Conv.pointwise(3, 3, true), image);
    String twice = graph.again("conv.b", "conv", graph.again("conv.a", "conv", image));
    graph.output("a", "conv.a");
    graph.output("b", twice).output("first", "conv");
    LayerGraph built = graph.build();

    assertThat(built.parameters())
        .extracting(TensorSpec::name)
        .containsExactly("conv.weight", "conv.bias");
    assertThat(built.node("conv.b").weights()).isEqualTo("conv");
    assertThat(built.sharedParameters()).containsExactly("conv.weight", "conv.bias");
    assertThatThrownBy(() -> graph.again("next", "stem", image))
        .hasMessage("net: next asks for layer stem, which was not added before");
  }

  @Test
  void namesWhatLeadsNowhere() {
    graph.add("stem", Conv.pointwise(3, 8, false), image);
    graph.add("idle", Layer.Activation.RELU, "stem");
    graph.output("out", graph.add("head", Conv.pointwise(8, 1, true), "stem"));

    assertThatThrownBy(graph::build).hasMessage("net: nothing uses idle");
  }

  @Test
  void namesTheLayerWhoseSizesDoNotFit() {
    String half = graph.add("half", new Conv(3, 3, 3, 2, Padding.of(1), 1, 1, false), image);
    graph.output("out", graph.add("sum", new Layer.Add(), half, image));
    LayerGraph built = graph.build();

    assertThatThrownBy(() -> built.sizes(new Size(8, 8)))
        .hasMessage("net: layer sum inputs must have one size, or 1x1, got [4x4, 8x8]");
  }

  /** Sizes and counts worked out by hand from torch's formula. */
  @Test
  void knowsSizesParametersAndWork() {
    String conv =
        graph.add("conv", new Conv(3, 8, 3, 2, new Layer.Zeros(0, 0, 1, 1), 1, 1, true), image);
    String norm = graph.add("norm", Layer.BatchNorm.of(8), conv);
    String deep = graph.add("deep", Conv.depthwise(8, 2), norm);
    graph.output("out", graph.add("up", new Layer.Upsample(Layer.Interpolation.NEAREST, 2), deep));
    LayerGraph built = graph.build();

    assertThat(built.sizes(new Size(15, 20)))
        .containsEntry("conv", new Size(7, 10))
        .containsEntry("deep", new Size(7, 10))
        .containsEntry("up", new Size(14, 20));
    assertThat(built.parameterCount()).isEqualTo(8 * 27 + 8 + 8 + 8 + 8 * 9);
    assertThat(built.buffers())
        .extracting(TensorSpec::name)
        .containsExactly("norm.running_mean", "norm.running_var");
    assertThat(built.multiplyAdds(new Size(15, 20))).isEqualTo(70 * (8 * 27 + 8 * 9));
  }

  /** torchvision's mobilenet_v2 has 3,504,872 parameters, 1,281,000 of them in the classifier. */
  @Test
  void countsAsManyParametersAsTorchvision() {
    String last =
        MobileNetV2.addTo(graph, "", image, MobileNetV2.Origin.TORCHVISION, 1, 18).get(18);
    graph.output("features", last);

    assertThat(graph.build().parameterCount()).isEqualTo(3_504_872 - 1_281_000);
  }

  @Test
  void refusesToShrink() {
    String half = graph.add("half", new Conv(3, 3, 3, 2, Padding.of(1), 1, 1, false), image);
    graph.output(
        "out", graph.add("like", new Layer.ResizeLike(Layer.Interpolation.BILINEAR), image, half));
    LayerGraph built = graph.build();

    assertThatThrownBy(() -> built.sizes(new Size(8, 8)))
        .hasMessage("net: layer like can only enlarge, got 8x8 to 4x4");
  }

  @Test
  void leavesOutForInferenceWhatOnlyTrainingNeeds() {
    String stem = graph.add("stem", Conv.pointwise(3, 8, false), image);
    String guess = graph.add("guess", Conv.pointwise(8, 1, true), stem);
    String deep = graph.add("deep", Conv.pointwise(8, 8, false), stem);
    graph.auxiliaryOutput("out.0", graph.add("guess.up", Layer.Activation.RELU, guess));
    graph.output("out", graph.add("head", Conv.pointwise(8, 1, true), deep));
    LayerGraph built = graph.build();

    LayerGraph inference = built.forInference();

    assertThat(built.outputs()).containsOnlyKeys("out.0", "out");
    assertThat(built.auxiliaryOutputs()).containsExactly("out.0");
    assertThat(inference.outputs()).containsOnlyKeys("out");
    assertThat(inference.nodes())
        .extracting(LayerGraph.Node::name)
        .containsExactly("stem", "deep", "head");
    assertThat(inference.forInference()).isSameAs(inference);
  }

  @Test
  void refusesToHaveNothingButAuxiliaryOutputs() {
    graph.auxiliaryOutput("out.0", graph.add("stem", Conv.pointwise(3, 8, false), image));

    assertThatThrownBy(graph::build).hasMessage("net: a network needs an input and an output");
  }
}
