package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.network.MobileNetV2.Origin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MobileNetV2Test {
  /**
   * The reference activations were computed by another program from the same weights; their
   * README's tolerance is 1e-4 of the largest value.
   */
  @ParameterizedTest
  @CsvSource({"mobilenet_v2_onnxzoo, TORCHVISION", "mobilenet_v2_tf, TENSORFLOW"})
  void givesTheReferenceActivationsOfPublishedWeights(String file, Origin origin)
      throws IOException {
    Path weights = Prerequisites.shared("data/weights/" + file + ".safetensors");
    JsonNode golden =
        new ObjectMapper()
            .readTree(Prerequisites.shared("data/weights/" + file + ".golden.json").toFile());
    LayerGraph.Builder builder = LayerGraph.named("features");
    Map<Integer, String> blocks =
        MobileNetV2.addTo(builder, "", builder.input("image", 3), origin, 1.0, 18);
    int[] taps = {1, 3, 6, 13, 17, 18};
    for (int tap : taps) {
      builder.output("after features." + tap, blocks.get(tap));
    }
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(builder.build(), manager, 1)) {
      WeightLoader.load(module, weights, WeightNames.same().ignoring("classifier\\..*"));
      float[] x = new float[3 * 64 * 64];
      for (int k = 0; k < x.length; k++) {
        x[k] = (float) Math.sin(k * 0.01);
      }
      Map<String, NDArray> outputs =
          module.forward(manager.create(x, new Shape(1, 3, 64, 64)), false);
      for (int tap : taps) {
        String name = "after features." + tap;
        check(name, golden.path("features").path(name), outputs.get(name));
      }
    }
  }

  private static void check(String name, JsonNode expected, NDArray actual) {
    JsonNode shape = expected.path("shape");
    int channels = shape.path(1).asInt();
    int height = shape.path(2).asInt();
    int width = shape.path(3).asInt();
    assertThat(actual.getShape()).as(name).isEqualTo(new Shape(1, channels, height, width));
    float[] values = actual.toFloatArray();
    double tolerance = 1e-4 * expected.path("absmax").asDouble();
    int area = height * width;
    JsonNode first = expected.path("values_c0_row0");
    JsonNode last = expected.path("values_lastc_lastrow");
    for (int i = 0; i < first.size(); i++) {
      close(name + " first row", values[i], first.path(i), tolerance);
      int lastRow = (channels - 1) * area + (height - 1) * width;
      close(name + " last row", values[lastRow + i], last.path(i), tolerance);
    }
    JsonNode means = expected.path("channel_means_first8");
    JsonNode centres = expected.path("center_first8c");
    for (int c = 0; c < 8; c++) {
      double sum = 0;
      for (int i = 0; i < area; i++) {
        sum += values[c * area + i];
      }
      close(name + " mean of channel " + c, sum / area, means.path(c), tolerance);
      int centre = c * area + height / 2 * width + width / 2;
      close(name + " centre of channel " + c, values[centre], centres.path(c), tolerance);
    }
  }

  private static void close(String what, double actual, JsonNode expected, double tolerance) {
    assertThat(actual)
        .as(what)
        .isCloseTo(expected.asDouble(), org.assertj.core.data.Offset.offset(tolerance));
  }
}
