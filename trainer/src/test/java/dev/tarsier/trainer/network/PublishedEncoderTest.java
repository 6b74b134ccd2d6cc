package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishedEncoderTest {
  /**
   * The reference activations were computed by another program from the same weights, also at a
   * size that layers of stride 2 do not halve evenly; their README's tolerance is 1e-4 of the
   * largest value.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void efficientNetLiteGivesTheReferenceActivations(int variant) throws IOException {
    String file = "data/weights/tf_efficientnet_lite" + variant;
    JsonNode golden =
        new ObjectMapper().readTree(Prerequisites.shared(file + ".golden.json").toFile());
    LayerGraph.Builder builder = LayerGraph.named("features");
    EfficientNetLite.addTo(builder, "", builder.input("image", 3), variant, 1)
        .forEach(
            (stage, node) -> builder.output(stage < 0 ? "conv_stem" : "blocks." + stage, node));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(builder.build(), manager, 1)) {
      WeightLoader.load(
          module,
          Prerequisites.shared(file + ".safetensors"),
          PublishedEncoder.EFFICIENTNET_LITE0.published(""));
      check(module.forward(wave(manager, 64, 64), false), golden.path("features"), 8);
      check(module.forward(wave(manager, 60, 80), false), golden.path("features_60x80"), 8);
    }
  }

  private static NDArray wave(NDManager manager, int height, int width) {
    float[] x = new float[3 * height * width];
    for (int k = 0; k < x.length; k++) {
      x[k] = (float) Math.sin(k * 0.01);
    }
    return manager.create(x, new Shape(1, 3, height, width));
  }

  private static void check(Map<String, NDArray> outputs, JsonNode golden, int stages) {
    assertThat(golden.size()).isEqualTo(stages);
    golden
        .properties()
        .forEach(
            stage -> {
              JsonNode expected = stage.getValue();
              NDArray actual = outputs.get(stage.getKey());
              long[] shape = actual.getShape().getShape();
              for (int i = 0; i < 4; i++) {
                assertThat(shape[i]).isEqualTo(expected.path("shape").path(i).asLong());
              }
              double tolerance = 1e-4 * expected.path("absmax").asDouble();
              float[] values = actual.toFloatArray();
              int area = (int) (shape[2] * shape[3]);
              for (int c = 0; c < 8; c++) {
                double sum = 0;
                for (int i = 0; i < area; i++) {
                  sum += values[c * area + i];
                }
                close(stage.getKey(), sum / area, expected, "channel_means_first8", c, tolerance);
                if (expected.has("first8")) {
                  close(stage.getKey(), values[c], expected, "first8", c, tolerance);
                  double last = values[c * area + area - 1];
                  close(stage.getKey(), last, expected, "last_pixel_first8_channels", c, tolerance);
                }
              }
            });
  }

  private static void close(
      String stage, double actual, JsonNode expected, String key, int at, double tolerance) {
    assertThat(actual)
        .as("%s %s %d", stage, key, at)
        .isCloseTo(expected.path(key).path(at).asDouble(), Offset.offset(tolerance));
  }

  /** Published counts less what stands behind the last feature map that the decoder sees. */
  @ParameterizedTest
  @CsvSource({
    // with the classifier; its 1x1 convolution and norm before it; the classifier
    "TORCHVISION, 3504872, 412160, 1281000",
    "TENSORFLOW, 3504872, 412160, 1281000",
    "EFFICIENTNET_LITE0, 4652008, 412160, 1281000",
    "EFFICIENTNET_LITE1, 5416680, 412160, 1281000",
    "EFFICIENTNET_LITE2, 6092072, 453120, 1281000",
    "MOBILENET_V3_LARGE, 5483032, 155520, 2511080",
    "RESNET18, 11689512, 0, 513000",
    "RESNET34, 21797672, 0, 513000"
  })
  void hasAsManyParametersAsPublished(
      PublishedEncoder encoder, long all, long head, long classifier) {
    LayerGraph edge = new Edge(encoder, 1, 96).graph(TestPorts.of(13));
    assertThat(NetworkChecks.count(edge, Ports.ENCODER_PREFIX)).isEqualTo(all - head - classifier);
  }

  @ParameterizedTest
  @EnumSource
  void feedsTheDecoderAtFourScales(PublishedEncoder encoder) {
    Edge edge = new Edge(encoder, 0.25, 16);
    NetworkChecks.check(edge, TestPorts.of(3), new Size(64, 96), new Size(32, 48));
    LayerGraph.Builder builder = LayerGraph.named("taps");
    List<String> taps =
        List.copyOf(encoder.addTo(builder, "", builder.input("image", 3), 0.25).values());
    taps.forEach(tap -> builder.output(tap, tap));
    Map<String, Size> sizes = builder.build().sizes(new Size(64, 96));
    assertThat(taps)
        .extracting(sizes::get)
        .containsExactly(new Size(16, 24), new Size(8, 12), new Size(4, 6), new Size(2, 3));
  }

  /** What is at hand; the others have no files here. */
  @ParameterizedTest
  @CsvSource({
    "TORCHVISION, mobilenet_v2_onnxzoo, 51",
    "TENSORFLOW, mobilenet_v2_tf, 51",
    "EFFICIENTNET_LITE0, tf_efficientnet_lite0, 48",
    "EFFICIENTNET_LITE1, tf_efficientnet_lite1, 63",
    "EFFICIENTNET_LITE2, tf_efficientnet_lite2, 63"
  })
  void takesItsPublishedWeights(PublishedEncoder encoder, String file, int convolutions)
      throws IOException {
    Path weights = Prerequisites.shared("data/weights/" + file + ".safetensors");
    Edge edge = new Edge(encoder, 1, 96);
    Ports seesDepth = TestPorts.withDepthInput(TestPorts.of(13), Fusion.FEATURES);
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule network = GraphModule.create(edge.graph(seesDepth), manager, 1)) {
      // each convolution has four tensors of batch normalisation; twice, for image and depth
      assertThat(edge.loadEncoders(network, weights, seesDepth)).isEqualTo(2 * 5 * convolutions);
      String first = edge.firstConvolution() + ".weight";
      float[] image = network.values(Ports.ENCODER_PREFIX + first);
      float[] depth = network.values(Ports.EXTRA_ENCODER_PREFIX + first);
      assertThat(depth[0]).isCloseTo(image[0] + image[9] + image[18], Offset.offset(1e-6f));
    }
  }

  @Test
  void tensorFlowsPaddingHangsOnTheSize() {
    Layer.Conv conv = new Layer.Conv(1, 1, 5, 2, new Layer.Same(), 1, 1, false);
    assertThat(conv.zeros(new Size(8, 9))).isEqualTo(new Layer.Zeros(1, 2, 2, 2));
    assertThat(conv.size(List.of(new Size(8, 9)))).isEqualTo(new Size(4, 5));
    Layer.Conv small = new Layer.Conv(1, 1, 3, 2, new Layer.Same(), 1, 1, false);
    assertThat(small.zeros(new Size(8, 9))).isEqualTo(new Layer.Zeros(0, 1, 1, 1));
    Layer.Conv one = new Layer.Conv(1, 1, 1, 2, new Layer.Same(), 1, 1, false);
    assertThat(one.zeros(new Size(8, 9))).isEqualTo(new Layer.Zeros(0, 0, 0, 0));
  }
}
