package dev.tarsier.trainer.export;

import static dev.tarsier.trainer.export.OnnxBuilders.info;
import static dev.tarsier.trainer.export.OnnxBuilders.integer;
import static dev.tarsier.trainer.export.OnnxBuilders.integers;
import static dev.tarsier.trainer.export.OnnxBuilders.number;
import static dev.tarsier.trainer.export.OnnxBuilders.text;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.trainer.evaluation.OutputPlanes;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.LayerGraph.Node;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a network with its weights as ONNX, for use on a robot. Auxiliary outputs and what only
 * leads to them are left out.
 *
 * <p>The input {@code image} becomes uint8 [1,H,W,3] RGB; a teacher's {@code depth_input} becomes
 * float32 [1,H,W], metres, unknown where it is not a number, not positive or infinite; its {@code
 * labels_input} becomes uint8 [1,H,W], class ids, ignored where there is no such class, as at 255.
 * Other inputs stay float32 [1,C,H,W]. The output {@code classes} becomes uint8 [1,H,W]: the id of
 * the largest logit, enlarged by the nearest pixel, 255 where a logit is not a number; other
 * outputs of one channel become float32 [1,H,W], enlarged bilinearly. Batch normalisation that
 * follows a convolution is folded into it, and so is the division by the standard deviation at the
 * entry.
 *
 * <p>TensorRT must be able to take the whole graph: bytes go straight into a Cast at the entrance
 * and come straight out of one at the exit, all between is float (or bool, where it is compared),
 * and only operators of {@code docs/tensorrt-operators.md} are written. The same weights and
 * metadata give the same bytes.
 */
public final class OnnxExporter {
  /** Version of ONNX's operators. */
  public static final int OPSET = 17;

  /** Version of ONNX's file format. */
  public static final int IR_VERSION = 8;

  private final GraphModule module;
  private final NetworkTasks tasks;
  private final LayerGraph graph;
  private final Size input;
  private final Map<String, Size> sizes;
  private final Map<String, Integer> users = new HashMap<>();
  private final Map<String, String> values = new HashMap<>();
  private final Map<String, float[]> pendingScale = new HashMap<>();
  private final Map<String, String> constants = new LinkedHashMap<>();
  private final Map<String, float[]> weights = new HashMap<>();
  private final GraphProto.Builder out = GraphProto.newBuilder();

  private OnnxExporter(GraphModule module, NetworkTasks tasks, Size input) {
    this.module = module;
    this.tasks = tasks;
    this.graph = module.graph().forInference();
    this.input = input;
    this.sizes = graph.sizes(input);
    for (Node node : graph.nodes()) {
      node.inputs().forEach(name -> users.merge(name, 1, Integer::sum));
    }
    graph.outputs().values().forEach(name -> users.merge(name, 1, Integer::sum));
    graph
        .outputs()
        .forEach(
            (name, node) -> {
              Size size = sizes.get(node);
              if (size.height() > input.height() || size.width() > input.width()) {
                throw new IllegalArgumentException(
                    "%s: output %s is %s, larger than the input of %s"
                        .formatted(graph.name(), name, size, input));
              }
            });
  }

  /**
   * Exports a network in evaluation mode.
   *
   * @param module the network. Not modified.
   * @param tasks what it does; of its inputs and outputs that are none of theirs, inputs stay as
   *     they are and outputs must have one channel
   * @param input height and width of the image, fixed in the model
   * @param metadata free text by key, stored in the model. Not modified.
   * @throws IllegalArgumentException if the network cannot take this size
   */
  public static ModelProto export(
      GraphModule module, NetworkTasks tasks, Size input, Map<String, String> metadata) {
    return new OnnxExporter(module, tasks, input).run(metadata);
  }

  private ModelProto run(Map<String, String> metadata) {
    out.setName(graph.name());
    graph.inputs().forEach(this::enter);
    graph.nodes().forEach(this::emit);
    graph.outputs().forEach(this::leave);
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("tarsier")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
            .setGraph(out);
    // By key: the order of a Map.of changes from one start of Java to the next.
    new TreeMap<>(metadata)
        .forEach(
            (key, value) ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return model.build();
  }

  private void enter(String name, int channels) {
    if (name.equals(Ports.IMAGE)) {
      enterImage(name, channels);
      return;
    }
    for (Task task : tasks.inputs()) {
      if (task.input().equals(name)) {
        if (task.learnsIds()) {
          enterIds(name, channels);
        } else {
          enterMeasure(name);
        }
        return;
      }
    }
    addInput(name, DataType.FLOAT, 1, channels, input.height(), input.width());
    values.put(name, name);
  }

  private void enterImage(String name, int channels) {
    addInput(name, DataType.UINT8, 1, input.height(), input.width(), channels);
    String planar = name + ".nchw";
    node("Transpose", planar, floats(name)).addAttribute(integers("perm", 0, 3, 1, 2));
    values.put(name, planar);
  }

  /** TensorRT takes bytes at the entrance only where they go straight into a Cast. */
  private String floats(String name) {
    return cast(name + ".float", name, DataType.FLOAT);
  }

  /** What is no distance becomes 0; a comparison with NaN is false. */
  private void enterMeasure(String name) {
    addInput(name, DataType.FLOAT, 1, input.height(), input.width());
    String map = name + ".nchw";
    node("Unsqueeze", map, name, int64("axes.1", 1));
    node("Greater", name + ".positive", map, scalar(0));
    node("Less", name + ".finite", map, scalar(Float.MAX_VALUE));
    node("And", name + ".known", name + ".positive", name + ".finite");
    node("Where", name + ".metres", name + ".known", map, scalar(0));
    values.put(name, name + ".metres");
  }

  /** One-hot by comparing with every id, so that other ids give zeros everywhere. */
  private void enterIds(String name, int channels) {
    addInput(name, DataType.UINT8, 1, input.height(), input.width());
    node("Unsqueeze", name + ".nchw", floats(name), int64("axes.1", 1));
    node("Equal", name + ".equal", name + ".nchw", ids(name + ".ids", channels));
    values.put(name, cast(name + ".onehot", name + ".equal", DataType.FLOAT));
  }

  private void addInput(String name, DataType dtype, long... shape) {
    out.addInput(info(name, dtype, shape));
  }

  private void leave(String name, String nodeName) {
    for (Task task : tasks.outputs()) {
      if (task.tensor().equals(name)) {
        task.head().kind().accept(new Exit(name, nodeName));
        return;
      }
    }
    new Exit(name, nodeName).measure();
  }

  /** The last nodes of an output, which give it its size and its form. */
  private final class Exit implements HeadKind.Visitor<Void> {
    private final String name;
    private final String from;
    private final Size size;

    Exit(String name, String nodeName) {
      this.name = name;
      this.from = values.get(nodeName);
      this.size = sizes.get(nodeName);
    }

    @Override
    public Void classMap(ClassMap kind) {
      String ids = largest(name, from, graph.outputChannels(name));
      String full = resize(name + ".full", ids, 1, size, input, Layer.Interpolation.NEAREST);
      node("Squeeze", name + ".map", full, int64("axes.1", 1));
      cast(name, name + ".map", DataType.UINT8);
      addOutput(name, DataType.UINT8, 1, input.height(), input.width());
      return null;
    }

    @Override
    public Void metricMap(MetricMap kind) {
      measure();
      return null;
    }

    void measure() {
      if (graph.outputChannels(name) != 1) {
        throw new IllegalArgumentException(
            "%s: output %s has %d channels; a measure has one"
                .formatted(graph.name(), name, graph.outputChannels(name)));
      }
      node("Squeeze", name, enlarged(1), int64("axes.1", 1));
      addOutput(name, DataType.FLOAT, 1, input.height(), input.width());
    }

    @Override
    public Void relativeMap(RelativeMap kind) {
      measure();
      return null;
    }

    @Override
    public Void unitVectorMap(UnitVectorMap kind) {
      String full = enlarged(kind.channels());
      reduce("ReduceL2", name + ".length", full);
      node("Max", name + ".divisor", name + ".length", scalar(OutputPlanes.SHORTEST));
      node("Div", name + ".unit", full, name + ".divisor");
      node("Transpose", name, name + ".unit").addAttribute(integers("perm", 0, 2, 3, 1));
      addOutput(name, DataType.FLOAT, 1, input.height(), input.width(), kind.channels());
      return null;
    }

    /** A network says it once for the whole image: [1,C,1,1]. */
    @Override
    public Void imageClass(ImageClass kind) {
      node("Softmax", name + ".scores", from).addAttribute(integer("axis", 1));
      node("Squeeze", name + ".row", name + ".scores", int64("axes.3", 3));
      node("Squeeze", name, name + ".row", int64("axes.2", 2));
      addOutput(name, DataType.FLOAT, 1, kind.channels());
      return null;
    }

    private String enlarged(int channels) {
      return resize(name + ".full", from, channels, size, input, Layer.Interpolation.BILINEAR);
    }
  }

  /**
   * The lowest id among the channels that hold the largest value, as a float [1,1,h,w]; {@link
   * ClassMap.USUAL_IGNORE_ID} where a channel is not a number. ONNX's ArgMax gives int64, which
   * TensorRT cannot hand on to a Resize or to an output of bytes.
   */
  private String largest(String name, String from, int channels) {
    reduce("ReduceMax", name + ".largest", from);
    node("GreaterOrEqual", name + ".best", from, name + ".largest");
    node(
        "Where",
        name + ".candidates",
        name + ".best",
        ids(name + ".each", channels),
        scalar(ClassMap.USUAL_IGNORE_ID));
    return reduce("ReduceMin", name + ".ids", name + ".candidates");
  }

  /** The ids 0, 1, 2 … as floats [1,channels,1,1]. */
  private String ids(String name, int channels) {
    float[] ids = new float[channels];
    for (int id = 0; id < channels; id++) {
      ids[id] = id;
    }
    tensor(name, ids, 1, channels, 1, 1);
    return name;
  }

  private void addOutput(String name, DataType dtype, long... shape) {
    out.addOutput(info(name, dtype, shape));
  }

  private String cast(String result, String from, DataType to) {
    node("Cast", result, from).addAttribute(integer("to", to.getNumber()));
    return result;
  }

  /** Over the channels, which become one. */
  private String reduce(String op, String result, String from) {
    node(op, result, from).addAttribute(integers("axes", 1)).addAttribute(integer("keepdims", 1));
    return result;
  }

  private void emit(Node node) {
    if (values.containsKey(node.name())) {
      return; // folded into the convolution before it
    }
    values.put(node.name(), node.layer().accept(new Writer(node)));
  }

  /** Writes one layer and gives the name of its result. */
  private final class Writer implements Layer.Visitor<String> {
    private final Node node;
    private final String name;
    private final String from;

    Writer(Node node) {
      this.node = node;
      this.name = node.name();
      this.from = values.get(node.inputs().get(0));
    }

    @Override
    public String conv(Layer.Conv conv) {
      return convolution(node, conv, from);
    }

    @Override
    public String batchNorm(Layer.BatchNorm norm) {
      node(
              "BatchNormalization",
              name,
              from,
              stored(node.weights() + ".weight"),
              stored(node.weights() + ".bias"),
              stored(node.weights() + ".running_mean"),
              stored(node.weights() + ".running_var"))
          .addAttribute(number("epsilon", (float) norm.epsilon()));
      return name;
    }

    @Override
    public String normalise(Layer.Normalise normalise) {
      OnnxExporter.this.normalise(node, normalise, from);
      return name;
    }

    @Override
    public String activation(Layer.Activation activation) {
      NodeProto.Builder written =
          switch (activation) {
            case RELU -> node("Relu", name, from);
            case RELU6 -> node("Clip", name, from, scalar(0), scalar(6));
            case SIGMOID -> node("Sigmoid", name, from);
            case SOFTPLUS -> node("Softplus", name, from);
            case EXP -> node("Exp", name, from);
            case HARD_SIGMOID -> hardSigmoid(name, from);
            case HARD_SWISH -> {
              String gate = hardSigmoid(name + ".gate", from).getName();
              yield node("Mul", name, from, gate);
            }
          };
      return written.getName();
    }

    @Override
    public String affine(Layer.Affine affine) {
      OnnxExporter.this.affine(name, affine, from);
      return name;
    }

    @Override
    public String add(Layer.Add add) {
      fold(node, "Add");
      return name;
    }

    @Override
    public String multiply(Layer.Multiply multiply) {
      fold(node, "Mul");
      return name;
    }

    @Override
    public String concat(Layer.Concat concat) {
      node("Concat", name, node.inputs().stream().map(values::get).toArray(String[]::new))
          .addAttribute(integer("axis", 1));
      return name;
    }

    @Override
    public String upsample(Layer.Upsample up) {
      return resizeTo(node, from, up.interpolation());
    }

    @Override
    public String resizeLike(Layer.ResizeLike like) {
      return resizeTo(node, from, like.interpolation());
    }

    @Override
    public String globalAveragePool(Layer.GlobalAveragePool pool) {
      return node("GlobalAveragePool", name, from).getName();
    }

    @Override
    public String maxPool(Layer.MaxPool pool) {
      return pooled(name, from, pool);
    }

    @Override
    public String unpool(Layer.Unpool unpool) {
      OnnxExporter.this.unpool(node, from, values.get(node.inputs().get(1)));
      return name;
    }

    @Override
    public String softmax(Layer.Softmax softmax) {
      return node(softmax.log() ? "LogSoftmax" : "Softmax", name, from)
          .addAttribute(integer("axis", 1))
          .getName();
    }

    @Override
    public String taskSoftmax(Layer.TaskSoftmax softmax) {
      softmaxOverTasks(node, softmax.tasks(), from);
      return name;
    }
  }

  private String convolution(Node node, Layer.Conv conv, String from) {
    String name = node.name();
    String owner = node.weights();
    float[] weight = module.values(owner + ".weight");
    float[] bias = conv.bias() ? module.values(owner + ".bias") : null;
    float[] scale = pendingScale.get(node.inputs().get(0));
    if (scale != null) {
      int area = conv.kernel() * conv.kernel();
      int perGroup = conv.in() / conv.groups();
      for (int i = 0; i < weight.length; i++) {
        int group = i / (area * perGroup) / (conv.out() / conv.groups());
        weight[i] *= scale[group * perGroup + i / area % perGroup];
      }
    }
    String result = name;
    Node next = onlyUser(name);
    if (next != null && next.layer() instanceof Layer.BatchNorm norm) {
      bias = foldNorm(next.weights(), norm, weight, bias);
      values.put(next.name(), next.name());
      result = next.name();
    }
    String weightName =
        once(
            owner + ".weight",
            name + ".weight",
            weight,
            conv.out(),
            conv.in() / conv.groups(),
            conv.kernel(),
            conv.kernel());
    String[] inputs = {from, weightName};
    if (bias != null) {
      String biasName = once(owner + ".bias", name + ".bias", bias, conv.out());
      inputs = new String[] {from, weightName, biasName};
    }
    Layer.Zeros pad = conv.zeros(sizes.getOrDefault(node.inputs().get(0), input));
    node("Conv", result, inputs)
        .addAttribute(integers("kernel_shape", conv.kernel(), conv.kernel()))
        .addAttribute(integers("strides", conv.stride(), conv.stride()))
        .addAttribute(integers("dilations", conv.dilation(), conv.dilation()))
        .addAttribute(integers("pads", pad.top(), pad.left(), pad.bottom(), pad.right()))
        .addAttribute(integer("group", conv.groups()));
    return result;
  }

  /** Scales the weights in place and returns the bias; in double precision. */
  private float[] foldNorm(String name, Layer.BatchNorm norm, float[] weight, float[] bias) {
    float[] gamma = module.values(name + ".weight");
    float[] beta = module.values(name + ".bias");
    float[] mean = module.values(name + ".running_mean");
    float[] variance = module.values(name + ".running_var");
    float[] folded = new float[norm.channels()];
    int perChannel = weight.length / folded.length;
    for (int c = 0; c < folded.length; c++) {
      double factor = gamma[c] / Math.sqrt(variance[c] + norm.epsilon());
      for (int i = c * perChannel; i < (c + 1) * perChannel; i++) {
        weight[i] = (float) (weight[i] * factor);
      }
      double before = bias == null ? 0 : bias[c];
      folded[c] = (float) (beta[c] + (before - mean[c]) * factor);
    }
    return folded;
  }

  private void normalise(Node node, Layer.Normalise normalise, String from) {
    int channels = normalise.mean().size();
    float[] mean = new float[channels];
    float[] scale = new float[channels];
    for (int c = 0; c < channels; c++) {
      mean[c] = normalise.mean().get(c).floatValue();
      scale[c] = (float) (1 / normalise.std().get(c));
    }
    tensor(node.name() + ".mean", mean, 1, channels, 1, 1);
    boolean onlyConvolutions =
        graph.nodes().stream()
                .filter(user -> user.inputs().contains(node.name()))
                .allMatch(user -> user.layer() instanceof Layer.Conv)
            && !graph.outputs().containsValue(node.name());
    if (onlyConvolutions) {
      // The mean must go before the zeros of the padding come in; the scale may go into weights.
      node("Sub", node.name(), from, node.name() + ".mean");
      pendingScale.put(node.name(), scale);
    } else {
      node("Sub", node.name() + ".centred", from, node.name() + ".mean");
      tensor(node.name() + ".scale", scale, 1, channels, 1, 1);
      node("Mul", node.name(), node.name() + ".centred", node.name() + ".scale");
    }
  }

  private void affine(String name, Layer.Affine affine, String from) {
    boolean multiply = affine.factor() != 1;
    boolean add = affine.offset() != 0 || !multiply;
    String at = from;
    if (multiply) {
      at = add ? name + ".scaled" : name;
      node("Mul", at, from, scalar((float) affine.factor()));
    }
    if (add) {
      node("Add", name, at, scalar((float) affine.offset()));
    }
  }

  private void fold(Node node, String op) {
    String at = values.get(node.inputs().get(0));
    int last = node.inputs().size() - 1;
    for (int i = 1; i <= last; i++) {
      String result = i == last ? node.name() : node.name() + ".part" + i;
      node(op, result, at, values.get(node.inputs().get(i)));
      at = result;
    }
  }

  private void softmaxOverTasks(Node node, int tasks, String from) {
    String name = node.name();
    int channels = node.channels();
    Size size = sizes.get(name);
    node(
        "Reshape",
        name + ".split",
        from,
        int64(name + ".tasks", 1, tasks, channels / tasks, size.height(), size.width()));
    node("Softmax", name + ".shares", name + ".split").addAttribute(integer("axis", 1));
    node(
        "Reshape",
        name,
        name + ".shares",
        int64(name + ".channels", 1, channels, size.height(), size.width()));
  }

  private String pooled(String name, String from, Layer.MaxPool pool) {
    return node("MaxPool", name, from)
        .addAttribute(integers("kernel_shape", pool.kernel(), pool.kernel()))
        .addAttribute(integers("strides", pool.stride(), pool.stride()))
        .addAttribute(
            integers("pads", pool.padding(), pool.padding(), pool.padding(), pool.padding()))
        .getName();
  }

  /**
   * Each value goes to the first of its window's four pixels that is as large as the largest, each
   * times its factor, for TensorRT knows neither MaxPool's indices nor MaxUnpool. The map that was
   * pooled is taken apart into the first, second, third and fourth pixels of all windows, and the
   * result put together from four such maps.
   */
  private void unpool(Node node, String from, String whole) {
    String name = node.name();
    Size size = sizes.get(name);
    int height = size.height() / 2 * 2;
    int width = size.width() / 2 * 2;
    String ends = int64("ends." + height + "x" + width, height, width);
    String[] pixels = new String[4];
    for (int i = 0; i < 4; i++) {
      pixels[i] = name + ".pixel" + i;
      String starts = int64("starts." + i, i / 2, i % 2);
      node(
          "Slice", pixels[i], whole, starts, ends, int64("axes.2.3", 2, 3), int64("steps.2", 2, 2));
      double factor = Layer.Unpool.factor(i);
      if (factor != 1) {
        pixels[i] = node("Mul", name + ".times" + i, pixels[i], scalar((float) factor)).getName();
      }
    }
    String largest = node("Max", name + ".largest", pixels).getName();
    String[] placed = new String[4];
    String rest = from;
    for (int i = 0; i < 3; i++) {
      String here = node("Equal", name + ".here" + i, pixels[i], largest).getName();
      placed[i] = node("Where", name + ".placed" + i, here, rest, scalar(0)).getName();
      rest = node("Where", name + ".rest" + i, here, scalar(0), rest).getName();
    }
    placed[3] = rest;
    node("Concat", name + ".placed", placed).addAttribute(integer("axis", 1));
    boolean even = height == size.height() && width == size.width();
    String joined = even ? name : name + ".even";
    node("DepthToSpace", joined, name + ".placed").addAttribute(integer("blocksize", 2));
    if (!even) {
      int below = size.height() - height;
      int right = size.width() - width;
      String pads = int64("pads." + below + "." + right, 0, 0, 0, 0, 0, 0, below, right);
      node("Pad", name, joined, pads);
    }
  }

  private String resizeTo(Node node, String from, Layer.Interpolation interpolation) {
    String source = node.inputs().get(0);
    Size before = sizes.getOrDefault(source, input);
    return resize(
        node.name(), from, node.channels(), before, sizes.get(node.name()), interpolation);
  }

  /** Adds a Resize, or nothing where the size stays; returns the name of the result. */
  private String resize(
      String name, String from, int channels, Size before, Size after, Layer.Interpolation how) {
    if (before.equals(after)) {
      return from;
    }
    NodeProto.Builder node;
    if (after.height() % before.height() == 0 && after.width() % before.width() == 0) {
      // ONNX Runtime has its fast kernels for whole factors given as scales.
      float y = (float) after.height() / before.height();
      float x = (float) after.width() / before.width();
      String scales = "scales." + (int) y + "x" + (int) x;
      if (constants.putIfAbsent(scales, scales) == null) {
        tensor(scales, new float[] {1, 1, y, x}, 4);
      }
      node = node("Resize", name, from, "", scales);
    } else {
      node =
          node(
              "Resize",
              name,
              from,
              "",
              "",
              int64("sizes." + channels + "x" + after, 1, channels, after.height(), after.width()));
    }
    if (how == Layer.Interpolation.NEAREST) {
      node.addAttribute(text("mode", "nearest"))
          .addAttribute(text("coordinate_transformation_mode", "asymmetric"))
          .addAttribute(text("nearest_mode", "floor"));
    } else {
      node.addAttribute(text("mode", "linear"))
          .addAttribute(
              text(
                  "coordinate_transformation_mode",
                  how == Layer.Interpolation.BILINEAR ? "half_pixel" : "align_corners"));
    }
    return name;
  }

  /** The only node that uses this result, or null. */
  private Node onlyUser(String name) {
    if (users.getOrDefault(name, 0) != 1) {
      return null;
    }
    return graph.nodes().stream()
        .filter(node -> node.inputs().contains(name))
        .findFirst()
        .orElse(null);
  }

  private String stored(String name) {
    float[] data = module.values(name);
    return once(name, name, data, data.length);
  }

  /** Weights that several layers use are written once, but where they were folded differently. */
  private String once(String owner, String name, float[] data, long... shape) {
    float[] before = weights.putIfAbsent(owner, data);
    if (before != null && Arrays.equals(before, data)) {
      return owner;
    }
    String written = before == null ? owner : name;
    tensor(written, data, shape);
    return written;
  }

  private String scalar(float value) {
    String name = "constant." + value;
    if (constants.putIfAbsent(name, name) == null) {
      tensor(name, new float[] {value});
    }
    return name;
  }

  private String int64(String name, long... data) {
    if (constants.putIfAbsent(name, name) == null) {
      ByteBuffer bytes = ByteBuffer.allocate(8 * data.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asLongBuffer().put(data);
      tensor(name, DataType.INT64, bytes, data.length);
    }
    return name;
  }

  private void tensor(String name, float[] data, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(data);
    tensor(name, DataType.FLOAT, bytes, shape);
  }

  private void tensor(String name, DataType dtype, ByteBuffer bytes, long... shape) {
    TensorProto.Builder tensor =
        out.addInitializerBuilder()
            .setName(name)
            .setDataType(dtype.getNumber())
            .setRawData(ByteString.copyFrom(bytes));
    Arrays.stream(shape).forEach(tensor::addDims);
  }

  /** A node named like its result, so that names are unique as in the layer graph. */
  private NodeProto.Builder node(String op, String result, String... inputs) {
    return out.addNodeBuilder()
        .setOpType(op)
        .setName(result)
        .addAllInput(List.of(inputs))
        .addOutput(result);
  }

  /** {@code min(max(x / 6 + 1/2, 0), 1)}. */
  private NodeProto.Builder hardSigmoid(String result, String from) {
    return node("HardSigmoid", result, from)
        .addAttribute(number("alpha", 1 / 6f))
        .addAttribute(number("beta", 0.5f));
  }
}
