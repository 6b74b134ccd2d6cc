package dev.tarsier.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reference vectors that somebody else computed. */
public final class Golden {
  private Golden() {}

  /** A file of them. */
  public static JsonNode read(String name) throws IOException {
    return new ObjectMapper().readTree(Prerequisites.shared("golden/" + name + ".json").toFile());
  }

  /** The numbers of an array of whatever depth, in order. */
  public static float[] floats(JsonNode node) {
    List<Float> values = new ArrayList<>();
    collect(node, values);
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return array;
  }

  private static void collect(JsonNode node, List<Float> values) {
    if (node.isArray()) {
      node.forEach(child -> collect(child, values));
    } else {
      values.add((float) node.asDouble());
    }
  }

  /** The shape of an input. */
  public static Shape shape(JsonNode input) {
    List<Long> sizes = new ArrayList<>();
    input.path("shape").forEach(size -> sizes.add(size.asLong()));
    return new Shape(sizes);
  }

  /** An input that asks for a gradient. */
  public static NDArray leaf(NDManager manager, JsonNode input) {
    NDArray array = manager.create(floats(input.path("data")), shape(input));
    array.setRequiresGradient(true);
    return array;
  }
}
