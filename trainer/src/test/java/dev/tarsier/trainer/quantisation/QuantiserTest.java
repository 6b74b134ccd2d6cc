package dev.tarsier.trainer.quantisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import dev.tarsier.runtime.inference.EngineStart;
import dev.tarsier.runtime.inference.InferenceEngine;
import dev.tarsier.runtime.inference.LoadedNetwork;
import dev.tarsier.runtime.inference.Provider;
import dev.tarsier.runtime.inference.ProviderPreference;
import dev.tarsier.runtime.inference.SessionOptions;
import dev.tarsier.trainer.export.OnnxBuilders;
import dev.tarsier.trainer.export.OnnxExporterTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantiserTest {
  private static final int SIDE = 5;
  private static final Quantiser.Kept ALL = new Quantiser.Kept(false, List.of());

  @TempDir Path temp;

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("small");
  private final Random random = new Random(3);

  /** x [1,2,5,5] → Relu → 3x3 → Relu → 1x1, which stays float, for no convolution follows. */
  private ModelProto twoConvolutions() {
    input("x", 2);
    node("Relu", "positive", "x");
    conv("first", "positive", 3, 2, 3, 1);
    node("Relu", "active", "first");
    conv("last", "active", 2, 3, 1, 1);
    output("last", 2);
    return model();
  }

  @Test
  void givesWhatTheSameArithmeticInIntegersGives() throws Exception {
    ModelProto model = twoConvolutions();
    Range seen = new Range(0, 1);
    Range after = new Range(0, 2);

    ModelProto quantised =
        Quantiser.quantise(model, Map.of("positive", seen, "active", after), Map.of(), ALL);
    OnnxExporterTest.check(quantised);

    float[] x = new float[2 * SIDE * SIDE];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() * 1.5f - 0.25f; // some below 0, some above the range
    }
    // Both do the same sums of integers; they differ in how the last, float convolution rounds.
    assertThat(run(quantised, x)).containsExactly(inIntegers(model, x, seen, after), offset(1e-5f));
  }

  /** The convolution in integers, written anew from the papers' equation. */
  private static float[] inIntegers(ModelProto model, float[] x, Range seen, Range after) {
    Scale in = Scale.of(seen);
    Scale out = Scale.of(after);
    float[] weight = floats(model, "first.weight");
    float[] bias = floats(model, "first.bias");
    int[] active = new int[3 * SIDE * SIDE];
    for (int c = 0; c < 3; c++) {
      float most = 0;
      for (int i = 0; i < 18; i++) {
        most = Math.max(most, Math.abs(weight[18 * c + i]));
      }
      float scale = most / 64;
      for (int at = 0; at < SIDE * SIDE; at++) {
        long sum = Math.round(bias[c] / (in.scale() * scale));
        for (int i = 0; i < 18; i++) {
          int row = at / SIDE + i % 9 / 3 - 1;
          int column = at % SIDE + i % 3 - 1;
          if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) {
            int value = in.quantise(Math.max(0, x[(i / 9 * SIDE + row) * SIDE + column]));
            sum += (long) value * Math.round(weight[18 * c + i] / scale);
          }
        }
        double real = (double) sum * in.scale() * scale / out.scale();
        active[c * SIDE * SIDE + at] = (int) Math.max(0, Math.min(255, Math.rint(real)));
      }
    }
    float[] last = floats(model, "last.weight");
    float[] lastBias = floats(model, "last.bias");
    float[] result = new float[2 * SIDE * SIDE];
    for (int c = 0; c < 2; c++) {
      for (int at = 0; at < SIDE * SIDE; at++) {
        double sum = lastBias[c];
        for (int i = 0; i < 3; i++) {
          sum += last[3 * c + i] * (double) out.real(active[i * SIDE * SIDE + at]);
        }
        result[c * SIDE * SIDE + at] = (float) sum;
      }
    }
    return result;
  }

  @Test
  void asksForTheRangesOfWhatIsHeldInBytes() {
    ModelProto model = twoConvolutions();

    assertThat(Quantiser.tensors(model, ALL)).containsExactly("positive", "active");
    assertThatThrownBy(() -> Quantiser.quantise(model, Map.of(), Map.of(), ALL))
        .hasMessage("no range is known of tensor positive");
  }

  @Test
  void leavesFloatWhatIsToStay() {
    ModelProto model = twoConvolutions();

    assertThatThrownBy(() -> Quantiser.tensors(model, new Quantiser.Kept(true, List.of())))
        .hasMessage("network small has no convolution that can be computed in integers");
    assertThatThrownBy(() -> Quantiser.tensors(model, new Quantiser.Kept(false, List.of("fi"))))
        .hasMessage("network small has no convolution that can be computed in integers");
    assertThatThrownBy(() -> Quantiser.tensors(model, new Quantiser.Kept(false, List.of("heds."))))
        .hasMessageStartingWith("no layer's name begins with 'heds.' (keep_float); ");
  }

  @Test
  void givesTheSameBytesEachTime() {
    ModelProto model = twoConvolutions();
    Map<String, Range> ranges = Map.of("positive", new Range(0, 1), "active", new Range(0, 2));

    assertThat(Quantiser.quantise(model, ranges, Map.of(), ALL).toByteArray())
        .isEqualTo(Quantiser.quantise(model, ranges, Map.of(), ALL).toByteArray());
  }

  /** What the shipped network has: a residual, ReLU6, depthwise, pooling, enlarging, joining. */
  private ModelProto everything() {
    input("x", 2);
    node("Relu", "positive", "x");
    conv("a", "positive", 8, 2, 3, 1);
    node("Clip", "a6", "a", scalar("zero", 0), scalar("six", 6));
    conv("b", "a6", 8, 1, 3, 8); // depthwise
    node("Relu", "b.relu", "b");
    conv("c", "b.relu", 8, 8, 1, 1);
    node("Add", "sum", "a6", "c");
    node("MaxPool", "pooled", "sum")
        .addAttribute(ints("kernel_shape", 1, 1))
        .addAttribute(ints("strides", 1, 1));
    node("GlobalAveragePool", "context", "pooled");
    conv("d", "context", 8, 8, 1, 1);
    node("Sigmoid", "gate", "d");
    node("Concat", "joined", "pooled", "a6")
        .addAttribute(
            AttributeProto.newBuilder().setName("axis").setType(AttributeType.INT).setI(1));
    conv("f", "joined", 8, 16, 1, 1);
    node("Mul", "gated", "f", "gate"); // float, for the gate is
    conv("e", "gated", 4, 8, 3, 1);
    node("Relu", "e.relu", "e");
    conv("last", "e.relu", 2, 4, 1, 1);
    output("last", 2);
    return model();
  }

  @Test
  void staysNearTheFloatNetworkAndRunsInIntegers() throws Exception {
    ModelProto model = everything();
    List<String> held = Quantiser.tensors(model, ALL);
    List<float[]> frames = new ArrayList<>();
    for (int k = 0; k < 8; k++) {
      float[] x = new float[2 * SIDE * SIDE];
      for (int i = 0; i < x.length; i++) {
        x[i] = random.nextFloat() * 2 - 0.5f;
      }
      frames.add(x);
    }
    Map<String, Range> ranges = ranges(model, held, frames);

    ModelProto quantised = Quantiser.quantise(model, ranges, Map.of(), ALL);

    OnnxExporterTest.check(quantised);
    assertThat(quantised.getGraph().getNodeList())
        .extracting(NodeProto::getName)
        .doesNotHaveDuplicates();
    for (float[] x : frames) {
      float[] expected = run(model, x);
      float most = 0;
      for (float value : expected) {
        most = Math.max(most, Math.abs(value));
      }
      // Half a dozen layers of 7 and 8 bits, each off by about 1 % of its range.
      assertThat(run(quantised, x)).containsExactly(expected, offset(0.1f * most));
    }
    List<String> fused = optimised(quantised);
    assertThat(fused).filteredOn("QLinearConv"::equals).hasSize(6);
    assertThat(fused).contains("QLinearAdd", "QLinearConcat").doesNotContain("Clip");
  }

  private Map<String, Range> ranges(ModelProto model, List<String> held, List<float[]> frames)
      throws Exception {
    ModelProto.Builder open = model.toBuilder();
    for (String tensor : held) {
      open.getGraphBuilder()
          .addOutput(
              ValueInfoProto.newBuilder()
                  .setName(tensor)
                  .setType(
                      TypeProto.newBuilder()
                          .setTensorType(
                              TypeProto.Tensor.newBuilder()
                                  .setElemType(DataType.FLOAT.getNumber()))));
    }
    Map<String, ActivationHistogram> seen = new HashMap<>();
    try (LoadedNetwork network = load(open.build())) {
      for (float[] x : frames) {
        network.tensor("x").asFloatBuffer().put(x);
        for (String tensor : held) {
          network.tensor(tensor);
        }
        network.run();
        for (String tensor : held) {
          seen.computeIfAbsent(tensor, any -> new ActivationHistogram(1))
              .widen(network.tensor(tensor).asFloatBuffer());
        }
      }
    }
    Map<String, Range> ranges = new HashMap<>();
    seen.forEach((tensor, histogram) -> ranges.put(tensor, histogram.range()));
    return ranges;
  }

  /** The operators that ONNX Runtime makes of a network. */
  private List<String> optimised(ModelProto model) throws Exception {
    Path file = temp.resolve("optimised.onnx");
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizedModelFilePath(file.toString());
      EngineStart.environment().createSession(model.toByteArray(), options).close();
    }
    return ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getNodeList().stream()
        .map(NodeProto::getOpType)
        .toList();
  }

  private static float[] run(ModelProto model, float[] x) throws Exception {
    try (LoadedNetwork network = load(model)) {
      network.tensor("x").asFloatBuffer().put(x);
      float[] result = new float[network.tensor("last").asFloatBuffer().remaining()];
      network.run();
      network.tensor("last").asFloatBuffer().get(result);
      return result;
    }
  }

  private static LoadedNetwork load(ModelProto model) throws Exception {
    return InferenceEngine.usual()
        .load(
            InferenceEngine.Model.of(model.toByteArray()),
            Provider.CPU,
            SessionOptions.of(ProviderPreference.cpu()).withThreads(1));
  }

  private NodeProto.Builder node(String op, String result, String... inputs) {
    return graph
        .addNodeBuilder()
        .setOpType(op)
        .setName(result)
        .addAllInput(List.of(inputs))
        .addOutput(result);
  }

  private void conv(String name, String from, int out, int in, int kernel, int groups) {
    node(
            "Conv",
            name,
            from,
            constant(name + ".weight", 0.5f, out, in, kernel, kernel),
            constant(name + ".bias", 0.2f, out))
        .addAttribute(ints("pads", kernel / 2, kernel / 2, kernel / 2, kernel / 2))
        .addAttribute(
            AttributeProto.newBuilder().setName("group").setType(AttributeType.INT).setI(groups));
  }

  private static AttributeProto.Builder ints(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute;
  }

  private String constant(String name, float most, long... shape) {
    int size = 1;
    for (long each : shape) {
      size *= (int) each;
    }
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (random.nextFloat() * 2 - 1) * most;
    }
    return tensor(name, values, shape);
  }

  private String scalar(String name, float value) {
    return tensor(name, new float[] {value});
  }

  private String tensor(String name, float[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    TensorProto.Builder tensor =
        graph
            .addInitializerBuilder()
            .setName(name)
            .setDataType(DataType.FLOAT.getNumber())
            .setRawData(ByteString.copyFrom(bytes));
    for (long each : shape) {
      tensor.addDims(each);
    }
    return name;
  }

  private static float[] floats(ModelProto model, String name) {
    TensorProto tensor =
        model.getGraph().getInitializerList().stream()
            .filter(each -> each.getName().equals(name))
            .findFirst()
            .orElseThrow();
    ByteBuffer bytes = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private void input(String name, int channels) {
    graph.addInput(info(name, channels));
  }

  private void output(String name, int channels) {
    graph.addOutput(info(name, channels));
  }

  private static ValueInfoProto info(String name, int channels) {
    return OnnxBuilders.info(name, DataType.FLOAT, 1, channels, SIDE, SIDE);
  }

  private ModelProto model() {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
        .setGraph(graph)
        .build();
  }
}
