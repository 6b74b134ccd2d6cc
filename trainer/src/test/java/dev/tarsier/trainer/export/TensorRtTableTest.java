package dev.tarsier.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.tarsier.runtime.testing.Prerequisites;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.Fusion;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Mtan;
import dev.tarsier.trainer.network.MtiNet;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.SegNet;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.network.Xtasc;
import dev.tarsier.trainer.task.TestTasks;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds exported graphs to {@code docs/tensorrt-operators.md}. */
class TensorRtTableTest {
  private static final Size SIZE = new Size(64, 96);
  private static final Edge EDGE = new Edge(PublishedEncoder.TORCHVISION, 0.25, 24);
  private static final MtiNet MTI = new MtiNet();
  private static final Ports BOTH = TestPorts.of(5);
  private static final Ports CLASSES = TestPorts.of(5, false);
  private static final Ports DEPTH = TestPorts.of(0, true);

  /** Every network that a recipe can name, with each choice of heads, inputs and their fusion. */
  private static List<LayerGraph> networks() {
    List<LayerGraph> networks = new ArrayList<>();
    for (PublishedEncoder encoder : PublishedEncoder.values()) {
      networks.add(new Edge(encoder, 0.25, 24).graph(BOTH));
    }
    networks.add(EDGE.graph(CLASSES));
    networks.add(EDGE.graph(DEPTH));
    networks.add(MTI.graph(BOTH));
    networks.add(new MtiNet(2).graph(BOTH));
    networks.add(MTI.graph(CLASSES));
    networks.add(MTI.graph(DEPTH));
    for (Fusion fusion : Fusion.values()) {
      networks.add(EDGE.graph(TestPorts.withDepthInput(BOTH, fusion)));
      networks.add(EDGE.graph(TestPorts.withLabelsInput(BOTH, fusion, 5)));
      networks.add(MTI.graph(TestPorts.withDepthInput(BOTH, fusion)));
      networks.add(MTI.graph(TestPorts.withLabelsInput(BOTH, fusion, 5)));
    }
    networks.add(EDGE.graph(TestPorts.withNormals(5)));
    networks.addAll(papers(BOTH));
    return networks;
  }

  /** Those of papers that ours are compared with, narrow. */
  static List<LayerGraph> papers(Ports ports) {
    return List.of(
        new SegNet(0.125).graph(ports),
        new Mtan(0.125).graph(ports),
        new Xtasc(18, 0.125).graph(ports));
  }

  @Test
  void everyExportedGraphFitsTheTableAndEveryRowIsWritten() throws IOException {
    TensorRtTable table = TensorRtTable.read();
    TreeSet<String> written = new TreeSet<>();
    try (NDManager manager = PyTorch.newBaseManager()) {
      List<LayerGraph> graphs = new ArrayList<>(networks());
      graphs.add(OnnxExporterTest.everyKindOfLayer());
      for (LayerGraph graph : graphs) {
        // Odd sizes ask for other operators than whole factors do.
        for (Size size :
            Set.of("edge", "segnet").contains(graph.name())
                ? List.of(SIZE, new Size(61, 83))
                : List.of(SIZE)) {
          try (GraphModule module = GraphModule.create(graph, manager, 3)) {
            ModelProto model =
                OnnxExporter.export(module, TestTasks.of(module.graph(), 3), size, Map.of());
            OnnxExporterTest.check(model);
            assertThat(table.misfits(model)).as("%s %s", graph.name(), graph.inputs()).isEmpty();
            model.getGraph().getNodeList().forEach(node -> written.add(node.getOpType()));
          }
        }
      }
    }
    assertThat(written).containsExactlyElementsOf(table.operators());
    assertThat(table.rowsBeyondTensorRt()).isEmpty();
  }

  @Test
  void theShippedModelFitsTheTable() throws IOException {
    ModelProto model =
        ModelProto.parseFrom(
            Files.readAllBytes(Prerequisites.shippedBundle().resolve("model.onnx")));

    OnnxExporterTest.check(model);
    assertThat(TensorRtTable.read().misfits(model)).isEmpty();
  }

  /** The walk is asked whether it can say no. */
  @Test
  void wouldSayWhatTensorRtDoesNotTake() throws IOException {
    TensorRtTable table = TensorRtTable.read();
    ModelProto model;
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(EDGE.graph(BOTH), manager, 3)) {
      model = OnnxExporter.export(module, TestTasks.of(module.graph(), 3), SIZE, Map.of());
    }

    assertThat(table.misfits(transposedBytes(model)))
        .contains("Transpose image.nchw: takes the bytes of image");
    assertThat(table.misfits(argMax(model)))
        .contains(
            "ArgMax classes.ids: no operator of the table", "Cast classes: classes.map is INT64");
    assertThat(table.misfits(cubic(model)))
        .anyMatch(misfit -> misfit.endsWith("not in the form that the table names"));
  }

  /** As the exporter was before: moved as bytes, then cast. */
  private static ModelProto transposedBytes(ModelProto model) {
    return rewritten(
        model,
        node ->
            switch (node.getName()) {
              case "image.float" -> Stream.of();
              case "image.nchw" ->
                  Stream.of(
                      node.toBuilder().setInput(0, "image").setOutput(0, "image.bytes").build(),
                      NodeProto.newBuilder()
                          .setOpType("Cast")
                          .setName("image.float")
                          .addInput("image.bytes")
                          .addOutput("image.nchw")
                          .addAttribute(
                              AttributeProto.newBuilder()
                                  .setName("to")
                                  .setType(AttributeProto.AttributeType.INT)
                                  .setI(DataType.FLOAT.getNumber()))
                          .build());
              default -> Stream.of(node);
            });
  }

  private static ModelProto argMax(ModelProto model) {
    return rewritten(
        model,
        node ->
            switch (node.getName()) {
              case "classes.largest", "classes.best", "classes.candidates" -> Stream.of();
              case "classes.ids" ->
                  Stream.of(
                      node.toBuilder()
                          .setOpType("ArgMax")
                          .setInput(0, "heads.classes.up")
                          .clearAttribute()
                          .addAttribute(
                              AttributeProto.newBuilder()
                                  .setName("axis")
                                  .setType(AttributeProto.AttributeType.INT)
                                  .setI(1))
                          .build());
              default -> Stream.of(node);
            });
  }

  private static ModelProto cubic(ModelProto model) {
    return rewritten(
        model,
        node -> {
          NodeProto.Builder changed = node.toBuilder();
          if (node.getOpType().equals("Resize")) {
            changed.getAttributeBuilder(0).setS(ByteString.copyFromUtf8("cubic"));
          }
          return Stream.of(changed.build());
        });
  }

  private static ModelProto rewritten(
      ModelProto model, Function<NodeProto, Stream<NodeProto>> change) {
    GraphProto.Builder graph = model.getGraph().toBuilder();
    List<NodeProto> nodes = graph.getNodeList().stream().flatMap(change).toList();
    return model.toBuilder().setGraph(graph.clearNode().addAllNode(nodes)).build();
  }
}
