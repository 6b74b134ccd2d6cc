package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Outputs of the same network in torch, in {@code mti_hrnet18.json}, which says how its weights and
 * its image were made; here they are made the same way.
 */
final class TorchReference {
  private static final int STEP = 7919;
  private final JsonNode root;

  private TorchReference(JsonNode root) {
    this.root = root;
  }

  static TorchReference read() throws IOException {
    try (InputStream in = TorchReference.class.getResourceAsStream("mti_hrnet18.json")) {
      return new TorchReference(new ObjectMapper().readTree(in));
    }
  }

  /** Sets all weights and running statistics as the reference's formula says. */
  static void fill(GraphModule module) {
    Map<String, NDArray> all = new LinkedHashMap<>(module.parameters());
    all.putAll(module.buffers());
    all.forEach((name, array) -> array.set(values(name, array.getShape())));
  }

  static NDArray image(NDManager manager) {
    float[] values = new float[3 * 64 * 96];
    for (int k = 0; k < values.length; k++) {
      values[k] = (float) (127.5 + 127.5 * Math.sin(k * 0.01));
    }
    return manager.create(values, new Shape(1, 3, 64, 96));
  }

  /**
   * Compares an output with the reference: 1e-4 of the largest value, for float sums in another
   * order than the reference's doubles, through some hundred layers.
   */
  void check(String section, String name, NDArray actual) {
    JsonNode expected = root.path(section).path(name);
    long[] shape = new long[4];
    for (int i = 0; i < 4; i++) {
      shape[i] = expected.path("shape").path(i).asLong();
    }
    assertThat(actual.getShape()).as(name).isEqualTo(new Shape(shape));
    float[] values = actual.toFloatArray();
    double tolerance = 1e-4 * expected.path("absmax").asDouble();
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    assertThat(sum / values.length)
        .as("mean of %s", name)
        .isCloseTo(expected.path("mean").asDouble(), within(tolerance));
    JsonNode samples = expected.path("samples");
    assertThat(samples).as(name).hasSize(24);
    for (int i = 0; i < samples.size(); i++) {
      assertThat((double) values[i * STEP % values.length])
          .as("%s, sample %d", name, i)
          .isCloseTo(samples.path(i).asDouble(), within(tolerance));
    }
  }

  private static float[] values(String name, Shape shape) {
    String kind = name.substring(name.lastIndexOf('.') + 1);
    boolean convolution = shape.dimension() == 4;
    double scale = convolution ? Math.sqrt(1.5 / (shape.size() / (double) shape.get(0))) : 1;
    long code = name.chars().sum();
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      long h = (2654435761L * (i + 1) + 97531 * code) & 0xFFFFFFFFL;
      h ^= h >> 15;
      h = 2246822519L * h & 0xFFFFFFFFL;
      h ^= h >> 13;
      double wave = h / 0x1p31 - 1;
      values[i] =
          (float)
              (convolution
                  ? wave * scale
                  : switch (kind) {
                    case "weight" -> 1 + 0.2 * wave;
                    case "running_var" -> 1 + 0.5 * wave;
                    default -> 0.1 * wave;
                  });
    }
    return values;
  }
}
