package dev.tarsier.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HrNetTest {
  @TempDir Path temp;

  @Test
  void givesWhatTorchGives() throws IOException {
    TorchReference reference = TorchReference.read();
    LayerGraph.Builder graph = LayerGraph.named("backbone");
    String image = graph.input("image", 3);
    String normal = graph.add("normalise", HrNet.NORMALISATION, image);
    List<String> scales = HrNet.addTo(graph, "encoder.", normal);
    for (int scale = 0; scale < 4; scale++) {
      graph.output("scale" + scale, scales.get(scale));
    }
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph.build(), manager, 1)) {
      TorchReference.fill(module);

      Map<String, NDArray> outputs = module.forward(TorchReference.image(manager), false);

      for (int scale = 0; scale < 4; scale++) {
        reference.check("backbone", Integer.toString(scale), outputs.get("scale" + scale));
      }
    }
  }

  /**
   * The list holds the backbone's tensors under the names of HRNet's authors and timm. A file with
   * them, and with the classifier that the published files have besides, must load, strictly.
   */
  @Test
  void takesPublishedWeightsByName() throws IOException {
    Map<String, Tensor> tensors = publishedTensors();
    int own = tensors.size();
    for (String other :
        List.of(
            "incre_modules.0.0.conv1.weight",
            "downsamp_modules.0.0.bias",
            "final_layer.1.running_mean",
            "classifier.weight",
            "bn1.num_batches_tracked")) {
      tensors.put(other, new Tensor(List.of(1L), new float[1]));
    }
    Path file = temp.resolve("hrnet.safetensors");
    Safetensors.write(file, tensors, Map.of());
    Ports ports = TestPorts.of(3);
    MtiNet mti = new MtiNet();
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(mti.graph(ports), manager, 1)) {

      int loaded = mti.loadEncoders(module, file, ports);

      assertThat(loaded).isEqualTo(own);
      assertThat(module.values("encoder.stage4.1.fuse_layers.3.0.2.1.running_var"))
          .containsOnly(tensors.get("stage4.1.fuse_layers.3.0.2.1.running_var").values()[0]);
    }
  }

  @Test
  void startsTheTeachersSecondBackboneFromTheSameWeights() throws IOException {
    Map<String, Tensor> tensors = publishedTensors();
    Path file = temp.resolve("hrnet.safetensors");
    Safetensors.write(file, tensors, Map.of());
    Ports two = TestPorts.withDepthInput(TestPorts.of(3), Fusion.FEATURES);
    Ports early = TestPorts.withDepthInput(TestPorts.of(3), Fusion.INPUT);
    MtiNet mti = new MtiNet();
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule both = GraphModule.create(mti.graph(two), manager, 1);
        GraphModule one = GraphModule.create(mti.graph(early), manager, 1)) {

      assertThat(mti.loadEncoders(both, file, two)).isEqualTo(2 * tensors.size());
      assertThat(mti.loadEncoders(one, file, early)).isEqualTo(tensors.size());

      float first = tensors.get("conv1.weight").values()[0];
      assertThat(both.values("extra_encoder.conv1.weight")).containsOnly(first + first + first);
      assertThat(both.values("extra_encoder.conv2.weight"))
          .containsOnly(tensors.get("conv2.weight").values()[0]);
      assertThat(one.values("encoder.conv1.weight")).hasSize(64 * 4 * 9).containsOnly(first);
    }
  }

  @Test
  void takesSizesThatNoScaleDivides() {
    LayerGraph.Builder graph = LayerGraph.named("backbone");
    List<String> scales = HrNet.addTo(graph, "", graph.input("x", 1));
    for (int scale = 0; scale < 4; scale++) {
      graph.output("scale" + scale, scales.get(scale));
    }
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph.build(), manager, 1)) {
      Map<String, NDArray> outputs = module.forward(manager.ones(new Shape(1, 1, 70, 45)), false);

      assertThat(outputs.get("scale0").getShape()).isEqualTo(new Shape(1, 18, 18, 12));
      assertThat(outputs.get("scale3").getShape()).isEqualTo(new Shape(1, 144, 3, 2));
    }
  }

  /** The n-th tensor is filled with n/1000. */
  private static Map<String, Tensor> publishedTensors() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                HrNetTest.class.getResourceAsStream("hrnet_w18_small_v2.tensors.txt"),
                StandardCharsets.UTF_8))) {
      for (String line : reader.lines().toList()) {
        String[] parts = line.split(" ", 2);
        List<Long> shape = Arrays.stream(parts[1].split("x", -1)).map(Long::valueOf).toList();
        float[] values = new float[Math.toIntExact(shape.stream().reduce(1L, (a, b) -> a * b))];
        Arrays.fill(values, (tensors.size() + 1) / 1000f);
        tensors.put(parts[0], new Tensor(shape, values));
      }
    }
    return tensors;
  }
}
