package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class MtanTest {
  /** The authors' code counts three numbers more, the weights of losses that it does not use. */
  @Test
  void hasAsManyParametersAsTheAuthorsCode() throws IOException {
    JsonNode counts = NetworkChecks.counts();

    assertThat(new Mtan().graph(TestPorts.withNormals(13)).parameterCount() + 3)
        .isEqualTo(counts.path("KD4MTL MTAN 13 classes 3 tasks").asLong());
  }

  @Test
  void isTheOneTaskVersionWithOneTask() throws IOException {
    JsonNode counts =
        NetworkChecks.counts().path("KD4MTL STAN (single-task attention) semantic/depth/normal");
    List<Ports.Head> heads = TestPorts.withNormals(13).heads();

    for (int i = 0; i < heads.size(); i++) {
      Ports one = new Ports(List.of(heads.get(i)), null);
      assertThat(new Mtan().graph(one).parameterCount()).isEqualTo(counts.path(i).asLong());
    }
  }

  @Test
  void givesMapsOfTheImagesSizeThoughNoPoolingDividesIt() {
    Size odd = new Size(45, 83);
    NetworkChecks.check(new Mtan(0.125), TestPorts.withNormals(5), odd, odd);
  }

  @Test
  void sharesWhatAllTasksUseAndNoMask() {
    LayerGraph graph = new Mtan(0.125).graph(TestPorts.of(5));

    assertThat(graph.sharedParameters())
        .contains("attention.encoder1.shared.0.weight", "decoder.stage1.1.0.weight")
        .noneMatch(name -> name.contains("mask") || name.startsWith("heads."));
    assertThat(graph.parameters())
        .extracting(TensorSpec::name)
        .contains("attention.decoder1.depth.mask.0.0.weight")
        .noneMatch(name -> name.contains("shared.depth"))
        .doesNotHaveDuplicates();
  }

  /** Both tasks' maps move the statistics of the layer that they share: 1 − 0.9² of the way. */
  @Test
  void countsEveryTasksMapInTheStatisticsOfASharedLayer() {
    LayerGraph.Builder graph = LayerGraph.named("shared");
    String x = graph.input("x", 1);
    graph.output("a", graph.add("norm", Layer.BatchNorm.of(1), x));
    graph.output("b", graph.again("norm.b", "norm", x));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph.build(), manager, 7)) {
      NDArray ones = manager.ones(new Shape(1, 1, 2, 2));

      module.forward(ones, true);

      assertThat(module.parameters()).containsOnlyKeys("norm.weight", "norm.bias");
      assertThat(module.values("norm.running_mean")[0]).isCloseTo(0.19f, within(1e-6f));
    }
  }
}
