package dev.tarsier.trainer.quantisation;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.trainer.export.OnnxBuilders;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rewrites a float network of {@code export.OnnxExporter} as a static quantised one: QuantizeLinear
 * and DequantizeLinear around what is to be computed in integers (ONNX calls it QDQ). Inputs and
 * outputs stay as they are.
 *
 * <ul>
 *   <li>Activations: uint8, one scale and zero point for a tensor.
 *   <li>Weights of a convolution: int8, symmetric, a scale for each output channel (axis 0); 7 bits
 *       where it is dense, 8 where it is depthwise.
 *   <li>Biases: int32, with the product of the input's and the weight's scale.
 *   <li>ReLU and ReLU6 behind a convolution or a sum go: saturating does the same.
 *   <li>Resize and MaxPool keep their input's scale, so that they work on bytes.
 * </ul>
 *
 * <p>In float stay: the first convolution, where asked for; those from which no other follows, with
 * all behind them; and every operator that is none of the above.
 */
public final class Quantiser {
  /** Names of the integer tensors end in these. */
  static final String QUANTISED = ".quantised";

  static final String SCALE = ".scale";
  static final String ZERO = ".zero_point";

  private static final String CONV = "Conv";

  /** Computed in integers where all of their inputs are. */
  private static final Set<String> FOLLOWING =
      Set.of("Add", "Mul", "Concat", "GlobalAveragePool", "MaxPool", "Resize");

  /** Their result has the scale of their input. */
  private static final Set<String> KEEPING = Set.of("MaxPool", "Resize");

  /** The largest magnitude of a weight. */
  private static final int DEPTHWISE_WEIGHT = 127;

  /** 2 · 255 · 64 is less than 2¹⁵: no kernel overflows. */
  private static final int DENSE_WEIGHT = 64;

  /** Of a bias, with room for what is added to it. */
  private static final double BIAS = 1 << 30;

  /**
   * What stays float besides the last layers.
   *
   * @param first whether the first convolutions stay
   * @param prefixes nodes whose names begin so stay, such as {@code heads.}
   */
  public record Kept(boolean first, List<String> prefixes) {
    /** Copies the list. */
    public Kept {
      prefixes = List.copyOf(prefixes);
    }
  }

  private final GraphProto graph;
  private final Map<String, NodeProto> producers = new HashMap<>();
  private final Map<String, List<NodeProto>> users = new HashMap<>();
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Set<String> outputs = new HashSet<>();

  /** Convolutions and what follows them in integers, by their first output. */
  private final Set<String> integer = new LinkedHashSet<>();

  /** An activation that goes, by the output of the node before it. */
  private final Map<String, NodeProto> saturated = new HashMap<>();

  private final GraphProto.Builder out = GraphProto.newBuilder();

  /** Of the channels of tensors, where they are known. */
  private final Map<String, double[]> means;

  private Quantiser(ModelProto model, Kept kept, Map<String, double[]> means) {
    this.means = means;
    graph = model.getGraph();
    graph.getInitializerList().forEach(each -> constants.put(each.getName(), each));
    graph.getOutputList().stream().map(ValueInfoProto::getName).forEach(outputs::add);
    for (NodeProto node : graph.getNodeList()) {
      node.getOutputList().forEach(name -> producers.put(name, node));
      node.getInputList()
          .forEach(name -> users.computeIfAbsent(name, any -> new ArrayList<>()).add(node));
    }
    choose(kept);
  }

  /**
   * The tensors whose ranges {@link #quantise} has to know.
   *
   * @param model the float network. Not modified.
   */
  public static List<String> tensors(ModelProto model, Kept kept) {
    return new Quantiser(model, kept, Map.of()).held().stream().toList();
  }

  /**
   * The quantised network.
   *
   * @param model the float network. Not modified.
   * @param ranges of all {@link #tensors}. Not modified.
   * @param means of the channels of some, by which biases are corrected. Not modified.
   * @return with the same inputs and outputs; the same arguments give the same bytes
   * @throws IllegalArgumentException if nothing of it can be computed in integers
   */
  public static ModelProto quantise(
      ModelProto model, Map<String, Range> ranges, Map<String, double[]> means, Kept kept) {
    return model.toBuilder().setGraph(new Quantiser(model, kept, means).run(ranges)).build();
  }

  /** How many convolutions are computed in integers, of how many. */
  static String convolutions(ModelProto model, Kept kept) {
    Quantiser quantiser = new Quantiser(model, kept, Map.of());
    return "%d of %d convolutions"
        .formatted(
            quantiser.integer.stream().filter(each -> quantiser.isConv(each)).count(),
            quantiser.graph.getNodeList().stream()
                .filter(each -> each.getOpType().equals(CONV))
                .count());
  }

  private boolean isConv(String output) {
    return producers.get(output).getOpType().equals(CONV);
  }

  /** A prefix that is misspelt would keep nothing, and nobody would know. */
  private void requireLayers(List<String> prefixes) {
    for (String prefix : prefixes) {
      if (graph.getNodeList().stream().noneMatch(node -> node.getName().startsWith(prefix))) {
        throw new ConfigException(
            "no layer's name begins with '%s' (keep_float); they begin with %s"
                .formatted(
                    prefix,
                    graph.getNodeList().stream()
                        .map(NodeProto::getName)
                        .filter(name -> name.contains("."))
                        .map(name -> name.substring(0, name.indexOf('.') + 1))
                        .distinct()
                        .sorted()
                        .collect(Collectors.joining(", "))));
      }
    }
  }

  private void choose(Kept kept) {
    requireLayers(kept.prefixes());
    Set<String> behindConv = new HashSet<>(); // tensors
    Set<String> beforeConv = beforeConv(); // tensors
    for (NodeProto node : graph.getNodeList()) {
      String result = node.getOutput(0);
      boolean behind = node.getInputList().stream().anyMatch(behindConv::contains);
      boolean conv = node.getOpType().equals(CONV);
      if (behind || conv) {
        behindConv.add(result);
      }
      if (!beforeConv.contains(result)
          || kept.prefixes().stream().anyMatch(node.getName()::startsWith)) {
        continue;
      }
      if (conv
          ? constants.containsKey(node.getInput(1))
              && producers.containsKey(node.getInput(0))
              && (behind || !kept.first())
          : FOLLOWING.contains(node.getOpType()) && allHeld(node)) {
        integer.add(result);
        NodeProto next = saturating(result);
        if (next != null) {
          saturated.put(result, next);
        }
      }
    }
    if (integer.stream().noneMatch(this::isConv)) {
      throw new IllegalArgumentException(
          "network %s has no convolution that can be computed in integers"
              .formatted(graph.getName()));
    }
  }

  /** The tensors from which a convolution follows. */
  private Set<String> beforeConv() {
    Set<String> before = new HashSet<>();
    for (int i = graph.getNodeCount() - 1; i >= 0; i--) {
      NodeProto node = graph.getNode(i);
      if (node.getOpType().equals(CONV)
          || node.getOutputList().stream().anyMatch(before::contains)) {
        before.addAll(node.getInputList());
      }
    }
    return before;
  }

  /** Whether all that is computed among its inputs is held in bytes already. */
  private boolean allHeld(NodeProto node) {
    List<String> inputs = activations(node);
    Set<String> held = held();
    return !inputs.isEmpty() && held.containsAll(inputs) && constantsFit(node);
  }

  /** A sum or a product with a constant would need the constant in bytes. */
  private boolean constantsFit(NodeProto node) {
    return KEEPING.contains(node.getOpType())
        || node.getInputList().stream().noneMatch(constants::containsKey);
  }

  /** What is computed among the inputs of a node, in order. */
  private List<String> activations(NodeProto node) {
    return (node.getOpType().equals(CONV) ? node.getInputList().subList(0, 1) : node.getInputList())
        .stream().filter(each -> !each.isEmpty() && !constants.containsKey(each)).toList();
  }

  /** The activation that alone uses a tensor, and that saturating replaces; null for none. */
  private NodeProto saturating(String tensor) {
    List<NodeProto> all = users.getOrDefault(tensor, List.of());
    if (all.size() != 1 || outputs.contains(tensor) || KEEPING.contains(type(tensor))) {
      return null;
    }
    NodeProto next = all.get(0);
    boolean relu = next.getOpType().equals("Relu");
    boolean clip =
        next.getOpType().equals("Clip")
            && next.getInputCount() == 3
            && constants.containsKey(next.getInput(1))
            && floats(constants.get(next.getInput(1)))[0] == 0;
    return relu || clip ? next : null;
  }

  private String type(String tensor) {
    return producers.get(tensor).getOpType();
  }

  /** All tensors that are held in bytes, in order. */
  private Set<String> held() {
    Set<String> held = new LinkedHashSet<>();
    for (String each : integer) {
      held.addAll(activations(producers.get(each)));
      held.add(result(each));
    }
    return held;
  }

  /** What a node gives, with the activation that is part of it. */
  private String result(String output) {
    return saturated.containsKey(output) ? saturated.get(output).getOutput(0) : output;
  }

  private GraphProto run(Map<String, Range> ranges) {
    Map<String, Scale> scales = scales(ranges);
    Set<String> gone = new HashSet<>();
    saturated.values().forEach(each -> gone.add(each.getOutput(0)));
    out.setName(graph.getName())
        .addAllInput(graph.getInputList())
        .addAllOutput(graph.getOutputList());
    Set<String> floatConstants = new LinkedHashSet<>();
    for (NodeProto node : graph.getNodeList()) {
      String result = node.getOutput(0);
      if (gone.contains(result)) {
        continue;
      }
      if (integer.contains(result)) {
        write(node, scales, floatConstants);
        continue;
      }
      NodeProto.Builder copy = node.toBuilder();
      for (int i = 0; i < node.getInputCount(); i++) {
        String input = node.getInput(i);
        if (constants.containsKey(input)) {
          floatConstants.add(input);
        } else if (scales.containsKey(input)
            && !integer.contains(producers.get(input).getOutput(0))
            && !gone.contains(input)) {
          copy.setInput(i, source(input)); // both ends are float
        }
      }
      if (scales.containsKey(result)) {
        copy.setOutput(0, source(result));
        out.addNode(copy);
        hold(result, scales.get(result));
      } else {
        out.addNode(copy);
      }
    }
    graph.getInitializerList().stream()
        .filter(each -> floatConstants.contains(each.getName()))
        .forEach(out::addInitializer);
    return out.build();
  }

  /** What a tensor that is held in bytes is called before. */
  private static String source(String tensor) {
    return tensor + ".float";
  }

  private void write(NodeProto node, Map<String, Scale> scales, Set<String> floatConstants) {
    String result = result(node.getOutput(0));
    NodeProto.Builder copy = node.toBuilder().setOutput(0, source(result));
    if (node.getOpType().equals(CONV)) {
      Scale input = scales.get(node.getInput(0));
      TensorProto weight = constants.get(node.getInput(1));
      TensorProto bias = node.getInputCount() > 2 ? constants.get(node.getInput(2)) : null;
      QuantisedWeights quantised =
          QuantisedWeights.of(
              floats(weight),
              bias == null ? null : floats(bias),
              (int) weight.getDims(0),
              (int) weight.getDims(1),
              (int) groups(node),
              weight.getDims(1) == 1 ? DEPTHWISE_WEIGHT : DENSE_WEIGHT,
              input.scale(),
              BIAS,
              means.get(node.getInput(0)));
      copy.setInput(1, weights(node.getName(), weight, quantised));
      if (bias != null) {
        copy.setInput(2, biases(node.getName(), quantised));
      }
    } else {
      node.getInputList().stream().filter(constants::containsKey).forEach(floatConstants::add);
    }
    out.addNode(copy);
    hold(result, scales.get(result));
  }

  private static long groups(NodeProto node) {
    return node.getAttributeList().stream()
        .filter(each -> each.getName().equals("group"))
        .mapToLong(AttributeProto::getI)
        .findFirst()
        .orElse(1);
  }

  private String weights(String name, TensorProto weight, QuantisedWeights quantised) {
    String result = name + ".weight";
    int channels = quantised.scales().length;
    initializer(
        result + QUANTISED,
        DataType.INT8,
        ByteBuffer.wrap(quantised.weights()),
        weight.getDimsList().stream().mapToLong(Long::longValue).toArray());
    initializer(result + SCALE, DataType.FLOAT, bytes(quantised.scales()), channels);
    initializer(result + ZERO, DataType.INT8, ByteBuffer.allocate(channels), channels);
    return dequantised(result, true);
  }

  private String biases(String name, QuantisedWeights quantised) {
    String result = name + ".bias";
    int channels = quantised.scales().length;
    ByteBuffer biases = ByteBuffer.allocate(4 * channels).order(ByteOrder.LITTLE_ENDIAN);
    biases.asIntBuffer().put(quantised.biases());
    initializer(result + QUANTISED, DataType.INT32, biases, channels);
    initializer(result + SCALE, DataType.FLOAT, bytes(quantised.biasScales()), channels);
    initializer(result + ZERO, DataType.INT32, ByteBuffer.allocate(4 * channels), channels);
    return dequantised(result, true);
  }

  /** Quantises a tensor and dequantises it again. */
  private void hold(String tensor, Scale scale) {
    initializer(tensor + SCALE, DataType.FLOAT, bytes(new float[] {scale.scale()}));
    initializer(
        tensor + ZERO, DataType.UINT8, ByteBuffer.wrap(new byte[] {(byte) scale.zeroPoint()}));
    String quantised = tensor + QUANTISED;
    out.addNode(
        NodeProto.newBuilder()
            .setOpType("QuantizeLinear")
            .setName(quantised)
            .addAllInput(List.of(source(tensor), tensor + SCALE, tensor + ZERO))
            .addOutput(quantised));
    dequantised(tensor, false);
  }

  private String dequantised(String result, boolean byChannel) {
    NodeProto.Builder node =
        out.addNodeBuilder()
            .setOpType("DequantizeLinear")
            .setName(result + ".dequantised")
            .addAllInput(List.of(result + QUANTISED, result + SCALE, result + ZERO))
            .addOutput(result);
    if (byChannel) {
      node.addAttribute(OnnxBuilders.integer("axis", 0));
    }
    return result;
  }

  private Map<String, Scale> scales(Map<String, Range> ranges) {
    Map<String, Scale> scales = new LinkedHashMap<>();
    for (String tensor : held()) {
      NodeProto producer = producers.get(tensor);
      boolean keeps =
          producer != null && integer.contains(tensor) && KEEPING.contains(producer.getOpType());
      Range range = ranges.get(tensor);
      if (range == null) {
        throw new IllegalArgumentException("no range is known of tensor " + tensor);
      }
      scales.put(tensor, keeps ? scales.get(producer.getInput(0)) : Scale.of(range));
    }
    return scales;
  }

  private void initializer(String name, DataType type, ByteBuffer bytes, long... shape) {
    TensorProto.Builder tensor =
        out.addInitializerBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .setRawData(ByteString.copyFrom(bytes));
    for (long size : shape) {
      tensor.addDims(size);
    }
  }

  private static ByteBuffer bytes(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  private static float[] floats(TensorProto tensor) {
    ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[raw.remaining() / Float.BYTES];
    raw.asFloatBuffer().get(values);
    return values;
  }
}
