package dev.tarsier.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ParityTallyTest {
  private static final Size SIZE = new Size(4, 6);
  private static final int AREA = 24;
  private static final Task DEPTH = new Depth(MetricMap.metres(0, 10));

  /** Depth is what the image's only channel shows. */
  private static LayerGraph graph() {
    LayerGraph.Builder graph = LayerGraph.named("same");
    String image = graph.input(Ports.IMAGE, 1);
    return graph.output(TestPorts.DEPTH, graph.add("out", Layer.Activation.RELU, image)).build();
  }

  private static ParityReport tally(
      int frames, int batch, UnaryOperator<Map<String, NDArray>> network) {
    ParityTally tally = new ParityTally(graph(), List.of(DEPTH), network, SIZE, batch);
    for (int frame = 0; frame < frames; frame++) {
      try (NDManager manager = PyTorch.newBaseManager()) {
        NDArray image = manager.full(new Shape(1, 1, 4, 6), frame + 1f);
        tally.add(
            Map.of(Ports.IMAGE, image),
            Map.of(TestPorts.DEPTH, Plane.ofValues(image.toFloatArray(), 6, 4, 1)));
      }
    }
    return tally.report();
  }

  @Test
  void comparesEachFrameByItselfAndWithAsManyOthersAsInTraining() {
    List<Long> seen = new ArrayList<>();
    ParityReport parity =
        tally(
            5,
            3,
            inputs -> {
              seen.add(inputs.get(Ports.IMAGE).getShape().get(0));
              return Map.of(TestPorts.DEPTH, inputs.get(Ports.IMAGE));
            });
    // The last two frames are compared in a full batch too: another size is other code.
    assertThat(seen).containsExactly(1L, 1L, 1L, 3L, 1L, 1L, 3L);
    assertThat(parity.passes()).isTrue();
    assertThat(parity.frames()).isEqualTo(5);
    assertThat(parity.heads().get(0).values()).isEqualTo(10 * AREA);
    assertThat(parity.toString()).startsWith("5 frames, one by one and 3 at once: depth differs");
  }

  @Test
  void aNetworkThatIsWrongInABatchAloneDoesNotPass() {
    UnaryOperator<Map<String, NDArray>> network =
        inputs -> {
          NDArray image = inputs.get(Ports.IMAGE);
          return Map.of(TestPorts.DEPTH, image.getShape().get(0) == 4 ? image.add(0.2f) : image);
        };
    assertThat(tally(2, 1, network).passes()).isTrue();
    assertThat(tally(2, 4, network).passes()).isFalse();
  }

  @Test
  void trainingOneByOneIsComparedOnce() {
    ParityReport parity = tally(2, 1, inputs -> Map.of(TestPorts.DEPTH, inputs.get(Ports.IMAGE)));
    assertThat(parity.heads().get(0).values()).isEqualTo(2 * AREA);
    assertThat(parity.toString()).startsWith("2 frames: depth differs");
  }
}
