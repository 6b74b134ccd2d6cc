package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarsier.runtime.testing.Prerequisites;
import java.io.IOException;
import java.util.Map;

/** What is asked of every network of a paper. */
final class NetworkChecks {
  private NetworkChecks() {}

  /** How many parameters the papers' own code has, by what was counted. */
  static JsonNode counts() throws IOException {
    return new ObjectMapper()
        .readTree(Prerequisites.shared("golden/param_counts.json").toFile())
        .path("outputs");
  }

  /** Parameters of the layers whose names start so. */
  static long count(LayerGraph graph, String prefix) {
    return graph.parameters().stream()
        .filter(spec -> spec.name().startsWith(prefix))
        .mapToLong(TensorSpec::count)
        .sum();
  }

  /**
   * The network gives each head its channels, for two images, and moves every weight by its losses.
   *
   * @param output height and width of all outputs
   */
  static void check(Architecture architecture, Ports ports, Size image, Size output) {
    LayerGraph graph = architecture.graph(ports);
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, manager, 7)) {
      Shape shape = new Shape(2, 3, image.height(), image.width());
      JniUtils.setGradMode(true);

      Map<String, NDArray> outputs = module.forward(Noise.uniform(manager, 7, 255, shape), true);
      NDArray loss = manager.zeros(new Shape());
      for (Ports.Head head : ports.heads()) {
        NDArray out = outputs.get(head.task());
        assertThat(out.getShape())
            .as(head.task())
            .isEqualTo(new Shape(2, head.channels(), output.height(), output.width()));
        loss = loss.add(out.sub(1f).square().mean());
      }
      Gradients.backward(loss, false);

      module
          .parameters()
          .forEach(
              (name, parameter) -> {
                assertThat(parameter.hasGradient()).as(name).isTrue();
                try (NDArray gradient = parameter.getGradient();
                    NDArray largest = gradient.abs().max()) {
                  // Batch normalisation takes a bias before it away again.
                  boolean weight = name.endsWith(".weight");
                  assertThat(largest.getFloat()).as(name).isFinite();
                  assertThat(!weight || largest.getFloat() > 0).as(name).isTrue();
                }
              });
    }
  }
}
