package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class SegNetTest {
  /** The authors' code counts six numbers more, which are no layer's and which nothing uses. */
  @Test
  void hasAsManyParametersAsTheAuthorsCode() throws IOException {
    JsonNode counts = NetworkChecks.counts();
    LayerGraph graph = new SegNet().graph(TestPorts.withNormals(13));

    assertThat(graph.parameterCount() + 6)
        .isEqualTo(
            counts
                .path("KD4MTL SegNet 13 classes, 3 heads (incl. 6 unused logsigma_dist)")
                .asLong());
    assertThat(NetworkChecks.count(graph, "encoder.") + NetworkChecks.count(graph, "decoder."))
        .isEqualTo(counts.path("  SegNet shared trunk only").asLong());
    JsonNode heads = counts.path("  seg/depth/normal head");
    assertThat(NetworkChecks.count(graph, "heads.classes.")).isEqualTo(heads.path(0).asLong());
    assertThat(NetworkChecks.count(graph, "heads.depth.")).isEqualTo(heads.path(1).asLong());
    assertThat(NetworkChecks.count(graph, "heads.normals.")).isEqualTo(heads.path(2).asLong());
    assertThat(new SegNet().graph(TestPorts.of(7)).parameterCount())
        .isEqualTo(counts.path("  SegNet 7 classes, seg+depth heads only (derived)").asLong());
  }

  @Test
  void givesMapsOfTheImagesSizeThoughNoPoolingDividesIt() {
    Size odd = new Size(45, 83);
    NetworkChecks.check(new SegNet(0.125), TestPorts.withNormals(5), odd, odd);
  }

  @Test
  void saysWhatAnImageShowsAsAWhole() {
    NetworkChecks.check(
        new SegNet(0.125), TestPorts.ofImages("digit", "letter"), new Size(32, 32), new Size(1, 1));
  }

  @Test
  void seesDepthThroughASecondEncoder() {
    LayerGraph graph =
        new SegNet(0.125).graph(TestPorts.withDepthInput(TestPorts.of(3), Fusion.FEATURES));

    assertThat(graph.node("decoder.stage5.unpool").inputs())
        .containsExactly("fuse.5", "encoder.stage5.2.2");
  }

  /** Xavier's: 2 / (9 · 64 + 9 · 64) is the variance of a convolution of 64 channels. */
  @Test
  void startsFromXaviersWeights() {
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(new SegNet().graph(TestPorts.of(13)), manager, 7)) {
      double sum = 0;
      float[] values = module.values("encoder.stage1.1.0.weight");
      for (float value : values) {
        sum += (double) value * value;
      }
      assertThat(sum / values.length / (2 / (2 * 9 * 64.0))).isBetween(0.95, 1.05);
      assertThat(module.values("encoder.stage1.1.0.bias")).containsOnly(0f);
    }
  }

  @Test
  void saysWhichFactorIsWrong() {
    assertThatThrownBy(() -> new SegNet(0)).hasMessage("width_factor must be 0.01 to 4, got 0.0");
  }
}
