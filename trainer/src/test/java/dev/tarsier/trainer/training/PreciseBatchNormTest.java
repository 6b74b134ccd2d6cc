package dev.tarsier.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.dataset.Batch;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.TestPorts;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PreciseBatchNormTest {
  private static final int BATCHES = 5;

  /** Batches of one board each, so that they differ from one another. */
  private static BatchLoader.Plan plan() {
    return TrainerTest.batches(false, 1);
  }

  /** Normalises the image itself, whose mean and variance can be told without a network. */
  private static LayerGraph looker() {
    LayerGraph.Builder graph = LayerGraph.named("looker");
    String even = graph.add("even", Layer.BatchNorm.of(3), graph.input(Ports.IMAGE, 3));
    String old = graph.add("kept.even", Layer.BatchNorm.of(3), even);
    graph.output(TestPorts.CLASSES, graph.add("logits", Layer.Conv.pointwise(3, 2, true), old));
    return graph.build();
  }

  private static void apply(
      GraphModule module, NDManager base, List<String> frozen, List<Long> heard)
      throws InterruptedException {
    PreciseBatchNorm.apply(module, base, plan(), frozen, BATCHES, 1, heard::add);
  }

  private static Map<String, float[]> state(GraphModule module, boolean statistics) {
    Map<String, float[]> values = new TreeMap<>();
    (statistics ? module.buffers() : module.parameters())
        .forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  @Test
  void isTheMeanAndVarianceOfAllPixelsOfAllBatches() throws Exception {
    double[] sum = new double[3];
    double[] squares = new double[3];
    long pixels = 0;
    try (BatchLoader loader = new BatchLoader(plan(), 0, 1)) {
      for (int k = 0; k < BATCHES; k++) {
        try (Batch batch = loader.next()) {
          FloatBuffer image = batch.image().asFloatBuffer();
          int area = image.remaining() / 3;
          for (int i = 0; i < 3 * area; i++) {
            sum[i / area] += image.get(i);
            squares[i / area] += (double) image.get(i) * image.get(i);
          }
          pixels += area;
        }
      }
    }
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(looker(), base, 5)) {
      List<Long> heard = new ArrayList<>();
      apply(module, base, List.of("kept."), heard);
      assertThat(heard).containsExactly(1L, 2L, 3L, 4L, 5L);
      for (int c = 0; c < 3; c++) {
        double mean = sum[c] / pixels;
        double variance = squares[c] / pixels - mean * mean;
        assertThat((double) module.values("even.running_mean")[c])
            .isCloseTo(mean, within(1e-4 * mean));
        // PyTorch divides a batch's by one pixel less than it has.
        assertThat((double) module.values("even.running_var")[c])
            .isCloseTo(variance, within(1e-3 * variance));
      }
      // What does not learn keeps what it came with.
      assertThat(module.values("kept.even.running_mean")).containsOnly(0);
      assertThat(module.values("kept.even.running_var")).containsOnly(1);
    }
  }

  @Test
  void changesStatisticsAloneAndForgetsTheOldOnes() throws Exception {
    Edge small = new Edge(PublishedEncoder.TORCHVISION, 0.25, 16);
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(small.graph(TestPorts.of(2)), base, 5)) {
      Map<String, float[]> weights = state(module, false);
      Map<String, float[]> before = state(module, true);
      apply(module, base, List.of(), new ArrayList<>());
      Map<String, float[]> once = state(module, true);
      apply(module, base, List.of(), new ArrayList<>());
      assertThat(state(module, false)).containsExactlyInAnyOrderEntriesOf(weights);
      once.forEach((name, values) -> assertThat(values).as(name).isNotEqualTo(before.get(name)));
      assertThat(state(module, true)).containsExactlyInAnyOrderEntriesOf(once);
    }
  }

  @Test
  void needsABatch() {
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(looker(), base, 5)) {
      assertThatThrownBy(
              () -> PreciseBatchNorm.apply(module, base, plan(), List.of(), 0, 1, done -> {}))
          .hasMessage("batches must be >= 1, got 0");
    }
  }
}
