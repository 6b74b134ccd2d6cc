package dev.tarsier.trainer.onnx;

import static dev.tarsier.trainer.export.OnnxBuilders.info;
import static dev.tarsier.trainer.export.OnnxBuilders.integer;
import static dev.tarsier.trainer.export.OnnxBuilders.integers;
import static dev.tarsier.trainer.export.OnnxBuilders.text;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Puts nodes before and after someone else's graph, in the operators' version that the graph has:
 * nothing of it is converted, so nothing of it computes otherwise than before. What no output needs
 * any more goes. One thread; used once.
 */
final class GraphEditor {
  /** The oldest file format in which weights need not be listed as inputs. */
  private static final int IR_VERSION = 4;

  /** Since it, Resize knows where the pixels' centres are. */
  private static final int RESIZE_OPSET = 11;

  /** Since it, ReduceMax takes its axes as a tensor. */
  private static final int REDUCE_OPSET = 18;

  private final ModelProto model;
  private final int opset;
  private final Set<String> names = new HashSet<>();
  private final Set<String> nodeNames = new HashSet<>();
  private final List<NodeProto.Builder> before = new ArrayList<>();
  private final List<NodeProto.Builder> after = new ArrayList<>();
  private final List<TensorProto> constants = new ArrayList<>();
  private final List<ValueInfoProto> inputs = new ArrayList<>();
  private final List<ValueInfoProto> outputs = new ArrayList<>();
  private List<NodeProto.Builder> side = before;

  /** Over a model. Not modified. */
  GraphEditor(ModelProto model) {
    this.model = model;
    this.opset = Math.toIntExact(OnnxFile.opset(model));
    collectNames(model.getGraph());
  }

  private void collectNames(GraphProto graph) {
    graph.getInputList().forEach(each -> names.add(each.getName()));
    graph.getOutputList().forEach(each -> names.add(each.getName()));
    graph.getInitializerList().forEach(each -> names.add(each.getName()));
    graph.getSparseInitializerList().forEach(each -> names.add(each.getValues().getName()));
    for (NodeProto node : graph.getNodeList()) {
      nodeNames.add(node.getName());
      names.addAll(node.getInputList());
      names.addAll(node.getOutputList());
      for (AttributeProto each : node.getAttributeList()) {
        if (each.hasG()) {
          collectNames(each.getG());
        }
        each.getGraphsList().forEach(this::collectNames);
      }
    }
  }

  /** Version of the operators. */
  int opset() {
    return opset;
  }

  /** From here on nodes come after the graph's own. */
  void afterwards() {
    side = after;
  }

  /** A name that nothing has, as near to the wanted one as can be. */
  String unique(String wanted) {
    String name = wanted;
    for (int i = 0; !names.add(name); i++) {
      name = "tarsier_" + wanted + (i == 0 ? "" : i);
    }
    return name;
  }

  /**
   * Adds a node.
   *
   * @return its only output
   */
  String node(String operator, List<String> from, AttributeProto... attributes) {
    String result = unique("tarsier/" + operator + names.size());
    named(operator, from, result, attributes);
    return result;
  }

  /** Adds a node whose output has a name that is taken already, or is an output of the model. */
  void named(String operator, List<String> from, String result, AttributeProto... attributes) {
    side.add(
        NodeProto.newBuilder()
            .setOpType(operator)
            .setName(nodeNames.add(result) ? result : "") // no two may have one
            .addAllInput(from)
            .addOutput(result)
            .addAllAttribute(List.of(attributes)));
  }

  /** The graph's only input. */
  void input(String name, DataType type, long... shape) {
    inputs.add(info(name, type, shape));
  }

  /** An output of the graph. */
  void output(String name, DataType type, long... shape) {
    outputs.add(info(name, type, shape));
  }

  /** A constant. */
  String floats(List<Float> values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.size()).order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(bytes::putFloat);
    return constant(DataType.FLOAT, bytes, shape);
  }

  /** A constant of one value and no axis. */
  String scalar(double value) {
    return floats(List.of((float) value));
  }

  /** A constant of one axis. */
  String longs(long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long each : values) {
      bytes.putLong(each);
    }
    return constant(DataType.INT64, bytes, values.length);
  }

  /** A constant of one whole number and no axis. */
  String index(long value) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return constant(DataType.INT64, bytes.putLong(value));
  }

  private String constant(DataType type, ByteBuffer bytes, long... shape) {
    String name = unique("tarsier/constant" + constants.size());
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .setRawData(ByteString.copyFrom(bytes.rewind()));
    for (long each : shape) {
      tensor.addDims(each);
    }
    constants.add(tensor.build());
    return name;
  }

  /** Values of another type. */
  String cast(String from, DataType to) {
    return node("Cast", List.of(from), integer("to", to.getNumber()));
  }

  /** Values in another shape. */
  String reshape(String from, long... shape) {
    return node("Reshape", List.of(from, longs(shape)));
  }

  /** Axes in another order. */
  String transpose(String from, long... order) {
    return node("Transpose", List.of(from), integers("perm", order));
  }

  /** A stretch of an axis; operators from version 10 on. */
  String slice(String from, int axis, long begin, long end) {
    return node("Slice", List.of(from, longs(begin), longs(end), longs(axis)));
  }

  /** The largest of an axis, which stays with length 1. */
  String largest(String from, int axis) {
    return opset >= REDUCE_OPSET
        ? node("ReduceMax", List.of(from, longs(axis)), integer("keepdims", 1))
        : node("ReduceMax", List.of(from), integers("axes", axis), integer("keepdims", 1));
  }

  /** Where the largest of an axis is, the first of equal ones; the axis goes. */
  String whereLargest(String from, int axis) {
    return node("ArgMax", List.of(from), integer("axis", axis), integer("keepdims", 0));
  }

  /**
   * Floats [N,C,h,w] in another size: bilinear with the pixels' centres at half coordinates, as
   * {@code torch.nn.functional.interpolate(align_corners=False)}. Old operators cannot say so; they
   * multiply by the two axes' weights instead.
   *
   * @param sizes of the result, a tensor of four numbers
   */
  String bilinear(String from, String sizes, int h, int w, int height, int width) {
    if (opset >= RESIZE_OPSET) {
      String none = opset >= 13 ? "" : floats(List.of(), 0);
      return node(
          "Resize",
          List.of(from, none, none, sizes),
          text("mode", "linear"),
          text("coordinate_transformation_mode", "half_pixel"));
    }
    String rows = floats(weights(h, height, false), height, h);
    String columns = floats(weights(w, width, true), w, width);
    return node("MatMul", List.of(rows, node("MatMul", List.of(from, columns))));
  }

  /** How much each of {@code from} values has in each of {@code to}. */
  private static List<Float> weights(int from, int to, boolean transposed) {
    float[] weights = new float[from * to];
    for (int i = 0; i < to; i++) {
      Bilinear.Place place = Bilinear.place(i, from, to);
      int low = transposed ? place.low() * to + i : i * from + place.low();
      int high = transposed ? place.high() * to + i : i * from + place.high();
      weights[low] += (float) (1 - place.share());
      weights[high] += (float) place.share();
    }
    List<Float> list = new ArrayList<>(weights.length);
    for (float each : weights) {
      list.add(each);
    }
    return list;
  }

  /** Picks entries of an axis. */
  String gather(String from, int axis, long... at) {
    return node("Gather", List.of(from, longs(at)), integer("axis", axis));
  }

  /**
   * The whole model.
   *
   * @param metadata free text by key; the exporter's own is not kept
   */
  ModelProto finish(Map<String, String> metadata) {
    GraphProto from = model.getGraph();
    List<NodeProto> all = new ArrayList<>();
    before.forEach(each -> all.add(each.build()));
    all.addAll(from.getNodeList());
    after.forEach(each -> all.add(each.build()));
    Set<String> needed = new HashSet<>();
    outputs.forEach(each -> needed.add(each.getName()));
    List<NodeProto> kept = sorted(needed(all, needed));
    GraphProto.Builder graph =
        from.toBuilder()
            .clearNode()
            .clearInput()
            .clearOutput()
            .clearInitializer()
            .clearValueInfo() // it may hold what is not so, such as a batch's name for a height
            .clearQuantizationAnnotation()
            .addAllNode(kept)
            .addAllInput(inputs)
            .addAllOutput(outputs);
    from.getInitializerList().stream()
        .filter(each -> needed.contains(each.getName()))
        .forEach(graph::addInitializer);
    constants.stream()
        .filter(each -> needed.contains(each.getName()))
        .forEach(graph::addInitializer);
    ModelProto.Builder whole =
        model.toBuilder()
            .setIrVersion(Math.max(IR_VERSION, model.getIrVersion()))
            .setGraph(graph)
            .clearMetadataProps();
    new TreeMap<>(metadata)
        .forEach(
            (key, value) ->
                whole.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return whole.build();
  }

  /**
   * The nodes that something is needed of, in their order.
   *
   * @param needed names, at first of what comes out. Modified: all that these nodes take is added.
   */
  private static List<NodeProto> needed(List<NodeProto> all, Set<String> needed) {
    Map<String, Integer> madeBy = new HashMap<>();
    for (int i = 0; i < all.size(); i++) {
      for (String output : all.get(i).getOutputList()) {
        madeBy.put(output, i);
      }
    }
    BitSet kept = new BitSet();
    Deque<String> open = new ArrayDeque<>(needed);
    while (!open.isEmpty()) {
      Integer node = madeBy.get(open.pop());
      if (node != null && !kept.get(node)) {
        kept.set(node);
        Set<String> needs = new HashSet<>();
        collectNeeds(all.get(node), needs);
        needed.addAll(needs);
        open.addAll(needs);
      }
    }
    return kept.stream().mapToObj(all::get).toList();
  }

  /**
   * The nodes so that each comes after those whose outputs it takes, as ONNX asks for; those that
   * are so already keep their order.
   */
  private static List<NodeProto> sorted(List<NodeProto> nodes) {
    Set<String> toCome = new HashSet<>();
    nodes.forEach(each -> toCome.addAll(each.getOutputList()));
    toCome.remove(""); // an output that nobody wants
    List<NodeProto> sorted = new ArrayList<>();
    List<NodeProto> left = nodes;
    while (!left.isEmpty()) {
      List<NodeProto> later = new ArrayList<>();
      for (NodeProto each : left) {
        Set<String> needs = new HashSet<>();
        collectNeeds(each, needs);
        if (needs.stream().anyMatch(toCome::contains)) {
          later.add(each);
        } else {
          sorted.add(each);
          toCome.removeAll(each.getOutputList());
        }
      }
      if (later.size() == left.size()) {
        sorted.addAll(later); // a circle, which ONNX Runtime refuses
        break;
      }
      left = later;
    }
    return sorted;
  }

  /** What a node takes, and what the graphs in it take from outside. */
  private static void collectNeeds(NodeProto node, Set<String> needed) {
    needed.addAll(node.getInputList());
    for (AttributeProto each : node.getAttributeList()) {
      List<GraphProto> graphs = new ArrayList<>(each.getGraphsList());
      if (each.hasG()) {
        graphs.add(each.getG());
      }
      for (GraphProto graph : graphs) {
        graph.getOutputList().forEach(output -> needed.add(output.getName()));
        graph.getNodeList().forEach(inner -> collectNeeds(inner, needed));
      }
    }
  }

  /** Bytes of the model's weights as they will be written, for people. */
  static long weightBytes(ModelProto model) {
    return model.getGraph().getInitializerList().stream()
        .mapToLong(each -> each.getSerializedSize())
        .sum();
  }

  /** Names that are taken. */
  Set<String> names() {
    return Collections.unmodifiableSet(names);
  }
}
