package dev.tarsier.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.tarsier.runtime.inference.EngineStart;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.Layer.Interpolation;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PublishedEncoder;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.network.TestPorts;
import dev.tarsier.trainer.task.TestTasks;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.onnx.global.onnx;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

public class OnnxExporterTest {
  private static final Size SMALL = new Size(64, 96);

  @ParameterizedTest
  @EnumSource(PublishedEncoder.class)
  void writesEdgeAsTheOfficialCheckerWantsIt(PublishedEncoder encoder) throws OrtException {
    LayerGraph graph = new Edge(encoder, 0.25, 24).graph(TestPorts.of(5));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, manager, 3)) {
      ModelProto model =
          OnnxExporter.export(
              module, TestTasks.of(module.graph(), 3), SMALL, Map.of("purpose", "a test"));

      check(model);

      assertThat(model.getIrVersion()).isEqualTo(8);
      assertThat(model.getOpsetImport(0).getVersion()).isEqualTo(17);
      assertThat(model.getMetadataProps(0).getKey()).isEqualTo("purpose");
      List<NodeProto> nodes = model.getGraph().getNodeList();
      assertThat(nodes).extracting(NodeProto::getName).doesNotHaveDuplicates();
      assertThat(nodes).extracting(NodeProto::getOpType).doesNotContain("BatchNormalization");
      OrtEnvironment environment = EngineStart.environment();
      try (OrtSession session = environment.createSession(model.toByteArray())) {
        assertThat(shape(session.getInputInfo(), "image")).isEqualTo("UINT8[1, 64, 96, 3]");
        assertThat(shape(session.getOutputInfo(), "classes")).isEqualTo("UINT8[1, 64, 96]");
        assertThat(shape(session.getOutputInfo(), "depth")).isEqualTo("FLOAT[1, 64, 96]");
      }
    }
  }

  @Test
  void givesWhatTheNetworkGivesForEveryKindOfLayer() throws OrtException {
    Size size = new Size(21, 30);
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(everyKindOfLayer(), manager, 5)) {
      Map<String, NDArray> inputs = new LinkedHashMap<>();
      Random random = new Random(9);
      inputs.put("left", noise(manager, random, new Shape(1, 2, 21, 30)));
      inputs.put("right", noise(manager, random, new Shape(1, 2, 21, 30)));
      for (NDArray parameter : module.parameters().values()) {
        try (NDArray values = noise(manager, random, parameter.getShape())) {
          parameter.set(values.toByteBuffer().asFloatBuffer());
        }
      }
      settle(module, inputs);

      ModelProto model =
          OnnxExporter.export(module, TestTasks.of(module.graph(), 3), size, Map.of());

      check(model);
      float[] expected =
          module
              .forward(inputs, false)
              .get("value")
              .getNDArrayInternal()
              .interpolation(new long[] {21, 30}, 1, false)
              .toFloatArray();
      float[] got = run(model, inputs, "value");
      // Two float implementations of the same sums of some hundred terms of size 1.
      assertThat(got).containsExactly(expected, offset(1e-4f));
    }
  }

  /** Every kind of layer, two inputs, and sizes that are no multiples of each other. */
  static LayerGraph everyKindOfLayer() {
    LayerGraph.Builder graph = LayerGraph.named("all");
    String left = graph.input("left", 2);
    String right = graph.input("right", 2);
    String plain = graph.add("norm.alone", Layer.BatchNorm.of(2), left);
    String normal =
        graph.add("normalise", new Layer.Normalise(List.of(0.5, -1.0), List.of(2.0, 3.0)), right);
    String scaled = graph.add("normalise.relu", Layer.Activation.RELU, normal);
    String both = graph.add("concat", new Layer.Concat(), plain, normal, scaled);
    String conv =
        graph.add(
            "conv", new Layer.Conv(6, 8, 3, 2, new Layer.Zeros(0, 1, 1, 1), 1, 2, true), both);
    String folded = graph.add("conv.norm", Layer.BatchNorm.of(8), conv);
    String same =
        graph.add("same", new Layer.Conv(6, 8, 5, 2, new Layer.Same(), 1, 1, false), both);
    same = graph.add("same.even", new Layer.Conv(8, 8, 3, 1, new Layer.Same(), 1, 8, true), same);
    same = graph.add("hard.swish", Layer.Activation.HARD_SWISH, same);
    same = graph.add("hard.sigmoid", Layer.Activation.HARD_SIGMOID, same);
    String six = graph.add("relu6", Layer.Activation.RELU6, folded);
    same = graph.add("same.mean", new Layer.GlobalAveragePool(), same);
    six = graph.add("relu6.same", new Layer.Multiply(), six, same);
    String dilated = graph.add("dilated", Layer.Conv.depthwise(8, 2), six);
    String gate = graph.add("pool", new Layer.GlobalAveragePool(), dilated);
    gate = graph.add("gate", Layer.Activation.SIGMOID, gate);
    String gated = graph.add("gated", new Layer.Multiply(), dilated, gate);
    String sum = graph.add("sum", new Layer.Add(), gated, six, gate);
    String tasks = graph.add("softmax.tasks", new Layer.TaskSoftmax(4), sum);
    String soft = graph.add("softmax", new Layer.Softmax(false), sum);
    soft = graph.add("softmax.both", new Layer.Multiply(), soft, tasks);
    String near = graph.add("nearest", new Layer.Upsample(Interpolation.NEAREST, 2), soft);
    String enlarged = graph.add("enlarged", new Layer.Upsample(Interpolation.BILINEAR, 2), soft);
    String merged = graph.add("merged", new Layer.Add(), near, enlarged);
    merged = graph.add("like", new Layer.ResizeLike(Interpolation.BILINEAR), merged, normal);
    String nearestLike =
        graph.add("nearest.like", new Layer.ResizeLike(Interpolation.NEAREST), soft, normal);
    merged = graph.add("merged.like", new Layer.Add(), merged, nearestLike);
    String pooled = graph.add("max", Layer.MaxPool.halving(), merged);
    pooled = graph.add("max.conv", Layer.Conv.pointwise(8, 8, true), pooled);
    pooled = graph.again("max.conv.again", "max.conv", pooled);
    String unpooled = graph.add("unpool", new Layer.Unpool(), pooled, merged);
    String logs = graph.add("softmax.log", new Layer.Softmax(true), merged);
    logs = graph.add("max.padded", new Layer.MaxPool(3, 2, 1), logs);
    logs = graph.add("aligned", new Layer.ResizeLike(Interpolation.BILINEAR_ALIGNED), logs, merged);
    merged = graph.add("merged.all", new Layer.Add(), merged, unpooled, logs);
    // Small again, for exp comes.
    merged = graph.add("merged.soft", new Layer.Softmax(false), merged);
    String one = graph.add("one", Layer.Conv.pointwise(8, 1, true), merged);
    String exp = graph.add("exp", Layer.Activation.EXP, one);
    String affine = graph.add("affine", new Layer.Affine(-1.5, 0.25), exp);
    graph.output("value", graph.add("softplus", Layer.Activation.SOFTPLUS, affine));
    return graph.build();
  }

  /** The oracle is asked whether it can say no. */
  @Test
  void wouldHearFromTheOfficialCheckerIfALayerWereMissing() {
    LayerGraph graph =
        new Edge(PublishedEncoder.TORCHVISION, 0.25, 24).graph(TestPorts.of(2, false));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, manager, 3)) {
      ModelProto.Builder model =
          OnnxExporter.export(module, TestTasks.of(module.graph(), 3), SMALL, Map.of()).toBuilder();
      model.getGraphBuilder().removeNode(5);

      assertThatThrownBy(() -> check(model.build())).isInstanceOf(RuntimeException.class);
    }
  }

  @Test
  void refusesAnOutputOfSeveralChannelsThatIsNotTheClasses() {
    LayerGraph.Builder graph = LayerGraph.named("odd");
    graph.output(
        "flow", graph.add("conv", Layer.Conv.pointwise(3, 3, true), graph.input("image", 3)));
    try (NDManager manager = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph.build(), manager, 5)) {
      assertThatThrownBy(
              () -> OnnxExporter.export(module, TestTasks.of(module.graph(), 3), SMALL, Map.of()))
          .hasMessage("odd: output flow has 3 channels; a measure has one");
    }
  }

  /** Moves running statistics away from 0 and 1, so that folding them is put to the test. */
  private static void settle(GraphModule module, Map<String, NDArray> inputs) {
    for (int i = 0; i < 20; i++) {
      module.forward(inputs, true).values().forEach(NDArray::close);
    }
  }

  private static NDArray noise(NDManager manager, Random random, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return manager.create(values, shape);
  }

  /** Asks ONNX's own checker, with shape inference; it throws what it finds. */
  /** Passes the official checker, shapes included. */
  public static void check(ModelProto model) {
    byte[] bytes = model.toByteArray();
    try (BytePointer pointer = new BytePointer(bytes);
        org.bytedeco.onnx.ModelProto parsed = new org.bytedeco.onnx.ModelProto()) {
      assertThat(onnx.ParseProtoFromBytes(parsed, pointer, bytes.length)).isTrue();
      onnx.check_model(parsed, true, false, false);
    }
  }

  private static float[] run(ModelProto model, Map<String, NDArray> inputs, String output)
      throws OrtException {
    OrtEnvironment environment = EngineStart.environment();
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, NDArray> input : inputs.entrySet()) {
      tensors.put(
          input.getKey(),
          OnnxTensor.createTensor(
              environment,
              FloatBuffer.wrap(input.getValue().toFloatArray()),
              input.getValue().getShape().getShape()));
    }
    try (OrtSession session = environment.createSession(model.toByteArray());
        OrtSession.Result result = session.run(tensors)) {
      FloatBuffer values = ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
      float[] copy = new float[values.remaining()];
      values.get(copy);
      return copy;
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  private static String shape(Map<String, NodeInfo> nodes, String name) {
    TensorInfo info = (TensorInfo) nodes.get(name).getInfo();
    return info.type + Arrays.toString(info.getShape());
  }
}
