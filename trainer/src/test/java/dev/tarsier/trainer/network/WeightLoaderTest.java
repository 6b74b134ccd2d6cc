package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.tarsier.trainer.training.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightLoaderTest {
  private static final WeightNames NAMES = WeightNames.prefix("a.", "encoder.a.");

  @TempDir Path temp;
  private NDManager manager;
  private GraphModule module;

  @BeforeEach
  void makeANetwork() {
    LayerGraph.Builder graph = LayerGraph.named("small");
    String at = graph.add("encoder.a.conv", Layer.Conv.pointwise(2, 2, true), graph.input("x", 2));
    graph.output("y", graph.add("head", Layer.Conv.pointwise(2, 1, true), at));
    manager = PyTorch.newBaseManager();
    module = GraphModule.create(graph.build(), manager, 1);
  }

  @AfterEach
  void free() {
    manager.close();
  }

  @Test
  void loadsThePartThatTheFileIsForAndLeavesTheRest() throws IOException {
    float[] head = module.values("head.weight");

    int loaded = WeightLoader.load(module, file(weight(), bias(2)), NAMES);

    assertThat(loaded).isEqualTo(2);
    assertThat(module.values("encoder.a.conv.weight")).containsExactly(1, 2, 3, 4);
    assertThat(module.values("head.weight")).isEqualTo(head);
  }

  @Test
  void namesAMissingTensorAsTheFileWouldAndChangesNothing() throws IOException {
    float[] before = module.values("encoder.a.conv.weight");
    Path file = file(weight());

    assertThatThrownBy(() -> WeightLoader.load(module, file, NAMES))
        .isInstanceOf(IOException.class)
        .hasMessage(file + " lacks a.conv.bias, which small needs");
    assertThat(module.values("encoder.a.conv.weight")).isEqualTo(before);
  }

  @Test
  void namesATensorThatIsLeftOver() throws IOException {
    Path file = file(weight(), bias(2), Map.entry("classifier.weight", tensor(3)));

    assertThatThrownBy(() -> WeightLoader.load(module, file, NAMES))
        .hasMessageContaining("has classifier.weight, which small has no place for");
    assertThat(WeightLoader.load(module, file, NAMES.ignoring("classifier\\..*"))).isEqualTo(2);
  }

  @Test
  void namesATensorOfAnotherShape() throws IOException {
    Path file = file(weight(), bias(3));

    assertThatThrownBy(() -> WeightLoader.load(module, file, NAMES))
        .hasMessage(file + ": a.conv.bias has shape [3], small needs [2]");
  }

  /** A head of as many other classes would else begin with what was learned of them. */
  @Test
  void whatAHeadKnowsOfAClassGoesWithItsName() throws IOException {
    Edge edge = new Edge(PublishedEncoder.TORCHVISION, 0.25, 16);
    Path saved = temp.resolve("named.safetensors");
    try (GraphModule old = GraphModule.create(edge.graph(TestPorts.of(3)), manager, 1);
        GraphModule other = GraphModule.create(edge.graph(TestPorts.of(3)), manager, 2);
        GraphModule strange = GraphModule.create(edge.graph(TestPorts.of(3)), manager, 3)) {
      old.save(saved);
      float[] before = other.values("heads.classes.out.weight");
      ClassRows rows =
          ClassRows.byName(
              List.of("crate", "Dining-Table", "floor"), List.of("floor", "wall", "dining_table"));
      assertThat(rows.from()).containsExactly(-1, 2, 0);
      assertThat(rows.known()).isEqualTo(2);

      assertThat(WeightLoader.loadAllButOtherHeads(other, saved, Map.of("classes", rows)))
          .isEmpty();

      float[] theirs = old.values("heads.classes.out.weight");
      float[] now = other.values("heads.classes.out.weight");
      int row = now.length / 3;
      assertThat(Arrays.copyOfRange(now, 0, row)).isEqualTo(Arrays.copyOfRange(before, 0, row));
      assertThat(Arrays.copyOfRange(now, row, 2 * row))
          .isEqualTo(Arrays.copyOfRange(theirs, 2 * row, 3 * row));
      assertThat(Arrays.copyOfRange(now, 2 * row, 3 * row))
          .isEqualTo(Arrays.copyOfRange(theirs, 0, row));
      ClassRows none = ClassRows.byName(List.of("a", "b", "c"), List.of("floor", "wall", "door"));
      assertThat(WeightLoader.loadAllButOtherHeads(strange, saved, Map.of("classes", none)))
          .containsExactly("heads.classes.out");
    }
  }

  @Test
  void takesAWholeNetworkButHeadsThatSaySomethingElse() throws IOException {
    Edge edge = new Edge(PublishedEncoder.TORCHVISION, 0.25, 16);
    Path saved = temp.resolve("saved.safetensors");
    Path checkpoint = temp.resolve("checkpoint.safetensors");
    try (GraphModule old = GraphModule.create(edge.graph(TestPorts.of(3)), manager, 1);
        GraphModule other = GraphModule.create(edge.graph(TestPorts.of(5)), manager, 2);
        GraphModule depth = GraphModule.create(edge.graph(TestPorts.of(0)), manager, 3);
        GraphModule wider =
            GraphModule.create(
                new Edge(PublishedEncoder.TORCHVISION, 0.5, 16).graph(TestPorts.of(3)),
                manager,
                4)) {
      old.save(saved);
      Checkpoint.writeModel(checkpoint, old, 7);
      float[] before = other.values("heads.classes.out.weight");

      for (Path file : List.of(saved, checkpoint)) {
        assertThat(WeightLoader.loadAllButOtherHeads(other, file, Map.of()))
            .containsExactly("heads.classes.out");
      }
      assertThat(WeightLoader.loadAllButOtherHeads(depth, saved, Map.of())).isEmpty();

      for (String same : List.of("encoder.features.0.0.weight", "heads.depth.out.bias")) {
        assertThat(other.values(same)).isEqualTo(old.values(same));
        assertThat(depth.values(same)).isEqualTo(old.values(same));
      }
      assertThat(other.values("heads.classes.out.weight")).isEqualTo(before);
      assertThatThrownBy(() -> WeightLoader.loadAllButOtherHeads(wider, saved, Map.of()))
          .hasMessageStartingWith(
              saved
                  + " is of another network than this edge: encoder.features.0.0.weight has shape"
                  + " [8, 3, 3, 3], not [16, 3, 3, 3], ")
          .hasMessageEndingWith("; only heads may differ");
    }
  }

  private static Map.Entry<String, Tensor> weight() {
    return Map.entry(
        "a.conv.weight", new Tensor(List.of(2L, 2L, 1L, 1L), new float[] {1, 2, 3, 4}));
  }

  private static Map.Entry<String, Tensor> bias(int size) {
    return Map.entry("a.conv.bias", tensor(size));
  }

  private static Tensor tensor(int size) {
    return new Tensor(List.of((long) size), new float[size]);
  }

  @SafeVarargs
  private final Path file(Map.Entry<String, Tensor>... entries) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> entry : entries) {
      tensors.put(entry.getKey(), entry.getValue());
    }
    Path file = temp.resolve("weights.safetensors");
    Safetensors.write(file, tensors, Map.of());
    return file;
  }
}
