package dev.tarsier.runtime.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reference values that others computed. */
final class GoldenFile {
  private final JsonNode root;

  GoldenFile(String name) throws IOException {
    root = new ObjectMapper().readTree(Prerequisites.shared("golden/" + name).toFile());
  }

  /** The i-th entry along the first axis of an input, flattened. */
  double[] input(String name, int i) {
    List<Double> values = new ArrayList<>();
    flatten(root.path("inputs").path(name).path("data").get(i), values);
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  double output(String name) {
    JsonNode value = root.path("outputs").get(name);
    if (value == null) {
      throw new IllegalArgumentException("no output " + name);
    }
    return value.isNull() ? Double.NaN : value.asDouble();
  }

  double[] outputs(String name) {
    List<Double> values = new ArrayList<>();
    flatten(root.path("outputs").path(name), values);
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void flatten(JsonNode node, List<Double> values) {
    if (node.isArray()) {
      node.forEach(child -> flatten(child, values));
    } else {
      values.add(node.isNull() ? Double.NaN : node.asDouble());
    }
  }
}
