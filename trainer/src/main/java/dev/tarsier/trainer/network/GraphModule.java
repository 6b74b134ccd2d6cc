package dev.tarsier.trainer.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.pooling.Pool;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.tarsier.trainer.network.LayerGraph.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;

/**
 * A {@link LayerGraph} with weights, run and trained by DJL on PyTorch.
 *
 * <p>Parameters and running statistics live in a manager of the module's own, a child of the one it
 * was created with; {@link #close()} frees them. Results of {@link #forward} belong to the manager
 * of the first input. One thread at a time.
 */
public final class GraphModule implements AutoCloseable {
  /** DJL's number for this interpolation. */
  private static final int NEAREST = 0;

  /** The most channels that oneDNN works on at once, of AVX-512. */
  private static final int CHANNEL_BLOCK = 16;

  private static final Map<Layer.Activation, String> SCRIPTS =
      Map.of(
          Layer.Activation.RELU6, "torch.hardtanh(x, 0, 6)",
          Layer.Activation.HARD_SIGMOID, "torch.hardsigmoid(x)",
          Layer.Activation.HARD_SWISH, "torch.hardswish(x)");

  private static final String UNPOOL =
      """
      torch.max_unpool2d(x, (torch.max_pool2d_with_indices(torch.mul(pooled, torch.slice(torch.slice(\
      torch.repeat(torch.to(torch.tensor([[%s, %s], [%s, %s]]), ops.prim.device(pooled), 6), \
      [1, 1, torch.floordiv(torch.add(torch.size(pooled, 2), 1), 2), \
      torch.floordiv(torch.add(torch.size(pooled, 3), 1), 2)]), \
      2, 0, torch.size(pooled, 2)), 3, 0, torch.size(pooled, 3))), \
      [2, 2], [2, 2], [0, 0], [1, 1], False))[1], [torch.size(pooled, 2), torch.size(pooled, 3)])"""
          .formatted(
              Layer.Unpool.factor(0),
              Layer.Unpool.factor(1),
              Layer.Unpool.factor(2),
              Layer.Unpool.factor(3));

  private final LayerGraph graph;
  private final LayerGraph inference;
  private final NDManager manager;

  /** What DJL has no call for, of those that the network has. */
  private final Map<Layer.Activation, ScriptedFunction> scripted =
      new EnumMap<>(Layer.Activation.class);

  /** By their program: one for each size. */
  private final Map<String, ScriptedFunction> resizes = new HashMap<>();

  /** Null where no layer is one. */
  private final ScriptedFunction unpool;

  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final Map<String, NDArray> buffers = new LinkedHashMap<>();
  private final Map<String, NDArray> constants = new HashMap<>();
  private final Set<String> frozen = new HashSet<>();
  private final Map<String, List<String>> trainingReleases;
  private final Map<String, List<String>> inferenceReleases;

  private GraphModule(LayerGraph graph, NDManager manager) {
    this.graph = graph;
    this.inference = graph.forInference();
    this.manager = manager;
    SCRIPTS.forEach(
        (activation, script) -> {
          if (graph.nodes().stream().anyMatch(node -> node.layer() == activation)) {
            scripted.put(activation, new ScriptedFunction(manager, script));
          }
        });
    this.unpool =
        graph.nodes().stream().anyMatch(node -> node.layer() instanceof Layer.Unpool)
            ? new ScriptedFunction(manager, List.of("x", "pooled"), "Tensor", UNPOOL)
            : null;
    this.trainingReleases = releases(graph);
    this.inferenceReleases = releases(inference);
  }

  /**
   * A network with fresh weights: what its {@link Initialisation} says for convolutions, without
   * bias; ones and zeros for batch normalisation. The same seed gives the same weights, whatever
   * other layers there are.
   *
   * @param graph the network
   * @param base the weights live in a child of it, until {@link #close()} or until it is closed
   * @param seed of the weights
   */
  public static GraphModule create(LayerGraph graph, NDManager base, long seed) {
    GraphModule module = new GraphModule(graph, base.newSubManager());
    for (Node node : graph.nodes()) {
      if (!node.ownsWeights()) {
        continue;
      }
      for (TensorSpec spec : node.layer().parameters()) {
        String name = node.name() + "." + spec.name();
        NDArray array =
            module.manager.create(
                module.initial(node.layer(), spec, seed ^ (0x9E3779B97F4A7C15L * name.hashCode())),
                new Shape(spec.dimensions()));
        array.setName(name);
        array.setRequiresGradient(true);
        module.parameters.put(name, array);
      }
      for (TensorSpec spec : node.layer().buffers()) {
        String name = node.name() + "." + spec.name();
        Shape shape = new Shape(spec.dimensions());
        NDArray array =
            spec.name().equals("running_var")
                ? module.manager.ones(shape)
                : module.manager.zeros(shape);
        array.setName(name);
        module.buffers.put(name, array);
      }
      if (node.layer() instanceof Layer.Normalise normalise) {
        module.constants.put(
            node.name() + ".mean", module.perChannel(normalise.mean(), mean -> mean));
        module.constants.put(
            node.name() + ".scale", module.perChannel(normalise.std(), std -> 1 / std));
      } else if (node.layer() instanceof Layer.Affine affine) {
        // Kept for the gradient, see Scalars.
        module.constants.put(
            node.name() + ".factor", module.manager.create((float) affine.factor()));
      }
    }
    return module;
  }

  /** What this module runs. */
  public LayerGraph graph() {
    return graph;
  }

  /**
   * What is learned by gradient, by name, in order of the layers. The arrays are the module's own:
   * an optimiser writes into them; do not close them.
   */
  public Map<String, NDArray> parameters() {
    return Collections.unmodifiableMap(parameters);
  }

  /** Those of the {@link #parameters()} that learn and that two or more tasks use. */
  public Map<String, NDArray> sharedParameters() {
    Map<String, NDArray> shared = new LinkedHashMap<>(parameters);
    shared.keySet().retainAll(graph.sharedParameters());
    shared.values().removeIf(parameter -> !parameter.hasGradient());
    return shared;
  }

  /** The graph's last shared nodes that come of something that learns: others have no gradient. */
  public Set<String> lastSharedNodes() {
    Set<String> learned = new HashSet<>();
    for (Node node : graph.nodes()) {
      boolean learns =
          node.layer().parameters().stream()
              .map(own -> parameters.get(node.weights() + "." + own.name()))
              .anyMatch(parameter -> parameter != null && parameter.hasGradient());
      if (learns || node.inputs().stream().anyMatch(learned::contains)) {
        learned.add(node.name());
      }
    }
    Set<String> last = new LinkedHashSet<>(graph.lastSharedNodes());
    last.retainAll(learned);
    return last;
  }

  /** The running statistics of batch normalisation, by name; the module's own, do not close. */
  public Map<String, NDArray> buffers() {
    return Collections.unmodifiableMap(buffers);
  }

  /**
   * Stops learning in all layers whose names start with one of the prefixes, and starts it in all
   * others: frozen parameters ask for no gradient and frozen batch normalisation uses and keeps its
   * running statistics. Freezing the first layers of an encoder makes a step much cheaper, for its
   * backward pass then ends where they end.
   *
   * @param prefixes such as {@code encoder.features.0.}; none to learn everywhere. Not modified.
   * @throws IllegalArgumentException if a prefix fits no layer
   */
  public void freeze(String... prefixes) {
    frozen.clear();
    for (String prefix : prefixes) {
      int before = frozen.size();
      for (Node node : graph.nodes()) {
        if (node.weights().startsWith(prefix)) {
          frozen.add(node.weights());
        }
      }
      if (frozen.size() == before) {
        throw new IllegalArgumentException(
            "%s has no layer that starts with '%s'".formatted(graph.name(), prefix));
      }
    }
    parameters.forEach(
        (name, parameter) ->
            parameter.setRequiresGradient(
                !frozen.contains(name.substring(0, name.lastIndexOf('.')))));
  }

  /** Whether a layer was told to {@link #freeze} and so keeps all it has. */
  public boolean isFrozen(String layer) {
    return frozen.contains(layer);
  }

  /** {@link #forward(Map, boolean)} for a network with one input. */
  public Map<String, NDArray> forward(NDArray image, boolean training) {
    if (graph.inputs().size() != 1) {
      throw new IllegalArgumentException(
          "%s has the inputs %s, got one".formatted(graph.name(), graph.inputs().keySet()));
    }
    return forward(Map.of(graph.inputs().keySet().iterator().next(), image), training);
  }

  /**
   * Runs the network.
   *
   * <p>While training, batch normalisation uses the batch's statistics and updates the running ones
   * and, within a gradient collector, the operations are recorded. Otherwise the running statistics
   * are used, nothing is recorded, and auxiliary outputs are neither computed nor returned.
   *
   * @param inputs float32 {@code [N, channels, H, W]} by name; images are RGB, 0..255. Not
   *     modified, not closed.
   * @return the outputs by name, such as logits {@code [N,C,h,w]} and metres {@code [N,1,h,w]};
   *     they belong to the manager of the first input
   * @throws IllegalArgumentException if an input is missing or of another shape or type
   */
  public Map<String, NDArray> forward(Map<String, NDArray> inputs, boolean training) {
    return forward(inputs, training, Set.of()).outputs();
  }

  /**
   * As {@link #forward(Map, boolean)}, with what some layers give besides.
   *
   * @param taps names of layers, such as {@link LayerGraph#lastSharedNodes}. Not modified.
   */
  public Forward forward(Map<String, NDArray> inputs, boolean training, Set<String> taps) {
    return training ? run(inputs, true, taps) : Gradients.without(() -> run(inputs, false, taps));
  }

  /**
   * What a network gave.
   *
   * @param outputs by their names
   * @param taps what layers gave, float32 {@code [N,C,h,w]}, by the layers' names
   */
  public record Forward(Map<String, NDArray> outputs, Map<String, NDArray> taps) {}

  private Forward run(Map<String, NDArray> inputs, boolean training, Set<String> taps) {
    LayerGraph running = training ? graph : inference;
    Map<String, List<String>> releases = training ? trainingReleases : inferenceReleases;
    Map<String, NDArray> values = new HashMap<>();
    List<NDArray> rearranged = new ArrayList<>();
    running
        .inputs()
        .forEach(
            (name, channels) -> {
              NDArray value = channelsLast(checked(name, channels, inputs.get(name)));
              rearranged.add(value);
              values.put(name, value);
            });
    Map<String, NDArray> results = new LinkedHashMap<>();
    for (Node node : running.nodes()) {
      List<NDArray> from = new ArrayList<>(node.inputs().size());
      node.inputs().forEach(input -> from.add(values.get(input)));
      values.put(node.name(), node.layer().accept(new Run(node.weights(), from, training)));
      // What autograd needs it holds itself; closing the handle frees the rest early.
      for (String done : releases.getOrDefault(node.name(), List.of())) {
        if (!taps.contains(done)) {
          values.remove(done).close();
        }
      }
    }
    running.outputs().forEach((name, node) -> results.put(name, values.get(node)));
    rearranged.forEach(NDArray::close);
    Map<String, NDArray> tapped = new LinkedHashMap<>();
    taps.forEach(tap -> tapped.put(tap, values.get(tap)));
    return new Forward(results, tapped);
  }

  /** Runs one layer; results belong to the manager of the first input. */
  private final class Run implements Layer.Visitor<NDArray> {
    private final String name;
    private final List<NDArray> from;
    private final NDArray x;
    private final boolean training;

    Run(String name, List<NDArray> from, boolean training) {
      this.name = name;
      this.from = from;
      this.x = from.get(0);
      this.training = training;
    }

    @Override
    public NDArray conv(Layer.Conv conv) {
      NDArray bias = conv.bias() ? parameters.get(name + ".bias") : null;
      return convolve(conv, x, parameters.get(name + ".weight"), bias);
    }

    @Override
    public NDArray batchNorm(Layer.BatchNorm norm) {
      boolean update = training && !frozen.contains(name);
      return x.getNDArrayInternal()
          .batchNorm(
              x,
              buffers.get(name + ".running_mean"),
              buffers.get(name + ".running_var"),
              parameters.get(name + ".weight"),
              parameters.get(name + ".bias"),
              1,
              (float) (1 - norm.momentum()),
              (float) norm.epsilon(),
              update)
          .singletonOrThrow();
    }

    @Override
    public NDArray normalise(Layer.Normalise normalise) {
      try (NDArray centred = x.sub(constants.get(name + ".mean"))) {
        return centred.mul(constants.get(name + ".scale"));
      }
    }

    @Override
    public NDArray activation(Layer.Activation activation) {
      return activate(activation, x);
    }

    @Override
    public NDArray affine(Layer.Affine affine) {
      return GraphModule.affine(affine, constants.get(name + ".factor"), x);
    }

    @Override
    public NDArray add(Layer.Add add) {
      return fold(from, true);
    }

    @Override
    public NDArray multiply(Layer.Multiply multiply) {
      return fold(from, false);
    }

    @Override
    public NDArray concat(Layer.Concat concat) {
      return NDArrays.concat(new NDList(from), 1);
    }

    @Override
    public NDArray upsample(Layer.Upsample up) {
      long[] size = {x.getShape().get(2) * up.factor(), x.getShape().get(3) * up.factor()};
      return resize(x, size, up.interpolation());
    }

    @Override
    public NDArray resizeLike(Layer.ResizeLike like) {
      Shape target = from.get(1).getShape();
      return resize(x, new long[] {target.get(2), target.get(3)}, like.interpolation());
    }

    @Override
    public NDArray globalAveragePool(Layer.GlobalAveragePool pool) {
      return JniUtils.adaptiveAvgPool((PtNDArray) x, new Shape(1, 1));
    }

    @Override
    public NDArray maxPool(Layer.MaxPool pool) {
      return Pool.maxPool2d(
          x,
          new Shape(pool.kernel(), pool.kernel()),
          new Shape(pool.stride(), pool.stride()),
          new Shape(pool.padding(), pool.padding()),
          false);
    }

    @Override
    public NDArray unpool(Layer.Unpool layer) {
      return unpool.apply(new NDList(from)).singletonOrThrow();
    }

    @Override
    public NDArray softmax(Layer.Softmax softmax) {
      return softmax.log() ? x.logSoftmax(1) : x.softmax(1);
    }

    @Override
    public NDArray taskSoftmax(Layer.TaskSoftmax softmax) {
      return softmaxOverTasks(softmax.tasks(), x);
    }
  }

  /**
   * A convolution of float32 [N,in,H,W].
   *
   * @param bias null without one
   */
  static NDArray convolve(Layer.Conv conv, NDArray x, NDArray weight, NDArray bias) {
    Shape shape = x.getShape();
    Layer.Zeros pad = conv.zeros(new Size((int) shape.get(2), (int) shape.get(3)));
    Shape stride = new Shape(conv.stride(), conv.stride());
    Shape dilation = new Shape(conv.dilation(), conv.dilation());
    boolean padded = !pad.symmetric() || pad.top() + pad.left() > 0;
    if (conv.kernel() == 1 && conv.stride() > 1 && !padded && conv.in() < CHANNEL_BLOCK) {
      // The same numbers by other code: oneDNN would write past its memory (decision 0031).
      try (NDArray seen = x.get(":, :, ::%d, ::%d".formatted(conv.stride(), conv.stride()))) {
        return Conv2d.conv2d(
                seen, weight, bias, new Shape(1, 1), new Shape(0, 0), dilation, conv.groups())
            .singletonOrThrow();
      }
    }
    if (pad.symmetric()) {
      return Conv2d.conv2d(
              x, weight, bias, stride, new Shape(pad.top(), pad.left()), dilation, conv.groups())
          .singletonOrThrow();
    }
    // torch's order: left, right, top, bottom.
    try (NDArray wider = x.pad(new Shape(pad.left(), pad.right(), pad.top(), pad.bottom()), 0)) {
      return Conv2d.conv2d(wider, weight, bias, stride, new Shape(0, 0), dilation, conv.groups())
          .singletonOrThrow();
    }
  }

  private NDArray activate(Layer.Activation activation, NDArray x) {
    return switch (activation) {
      case RELU -> Activation.relu(x);
      case RELU6, HARD_SIGMOID, HARD_SWISH -> scripted.get(activation).apply(x);
      case SIGMOID -> Activation.sigmoid(x);
      case SOFTPLUS -> Activation.softPlus(x);
      case EXP -> x.exp();
    };
  }

  private static NDArray affine(Layer.Affine affine, NDArray factor, NDArray x) {
    float offset = (float) affine.offset();
    if (offset == 0) {
      return x.mul(factor);
    }
    if (affine.factor() == 1) {
      return x.add(offset);
    }
    try (NDArray scaled = x.mul(factor)) {
      return scaled.add(offset);
    }
  }

  private static NDArray fold(List<NDArray> from, boolean add) {
    NDArray sum = from.get(0);
    for (int i = 1; i < from.size(); i++) {
      NDArray next = add ? sum.add(from.get(i)) : sum.mul(from.get(i));
      if (i > 1) {
        sum.close();
      }
      sum = next;
    }
    return sum;
  }

  /** Pixel by pixel, in the order in which the values lie in memory, so that nothing is copied. */
  private static NDArray softmaxOverTasks(int tasks, NDArray x) {
    Shape shape = x.getShape();
    long channels = shape.get(1);
    long height = shape.get(2);
    long width = shape.get(3);
    try (NDArray pixels = x.transpose(0, 2, 3, 1);
        NDArray split = pixels.reshape(shape.get(0), height, width, tasks, channels / tasks);
        NDArray shares = split.softmax(3);
        NDArray joined = shares.reshape(shape.get(0), height, width, channels)) {
      return joined.transpose(0, 3, 1, 2);
    }
  }

  /**
   * Not by DJL's own call where it is bilinear: that one smooths against aliasing, which changes
   * nothing where an image grows but takes the slow way there and back.
   */
  private NDArray resize(NDArray x, long[] size, Layer.Interpolation interpolation) {
    if (interpolation == Layer.Interpolation.NEAREST) {
      return x.getNDArrayInternal().interpolation(size, NEAREST, false);
    }
    String call =
        "torch.upsample_bilinear2d(x, [%d, %d], %s)"
            .formatted(
                size[0],
                size[1],
                interpolation == Layer.Interpolation.BILINEAR_ALIGNED ? "True" : "False");
    return resizes.computeIfAbsent(call, each -> new ScriptedFunction(manager, each)).apply(x);
  }

  /**
   * The same values with channels innermost in memory. PyTorch keeps that order through the whole
   * network, and its convolutions and normalisations are much faster with it: a training step of
   * edge takes 0.75 of the time.
   */
  private static NDArray channelsLast(NDArray x) {
    Shape shape = x.getShape();
    try (NDArray view = x.transpose(0, 2, 3, 1);
        NDArray flat = view.flatten();
        NDArray packed = flat.reshape(shape.get(0), shape.get(2), shape.get(3), shape.get(1))) {
      return packed.transpose(0, 3, 1, 2);
    }
  }

  private NDArray checked(String name, int channels, NDArray value) {
    if (value == null) {
      throw new IllegalArgumentException("%s: input %s is missing".formatted(graph.name(), name));
    }
    Shape shape = value.getShape();
    if (shape.dimension() != 4
        || shape.get(1) != channels
        || value.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "%s: input %s must be float32 [N,%d,H,W], got %s %s"
              .formatted(graph.name(), name, channels, value.getDataType(), shape));
    }
    return value;
  }

  /**
   * Reads all parameters and running statistics from a file written by {@link #save}.
   *
   * @throws IOException if the file cannot be read, or has other tensors than this network; the
   *     message names the first
   */
  public void load(Path file) throws IOException {
    WeightLoader.load(this, file, WeightNames.same());
  }

  /**
   * Writes all parameters and running statistics as safetensors. The file appears whole or not at
   * all.
   */
  public void save(Path file) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    state().forEach((name, array) -> tensors.put(name, Tensor.of(array)));
    Safetensors.write(file, tensors, Map.of("network", graph.name()));
  }

  /** The values of one parameter or running statistic, as a copy. */
  public float[] values(String name) {
    NDArray array = parameters.containsKey(name) ? parameters.get(name) : buffers.get(name);
    if (array == null) {
      throw new IllegalArgumentException(graph.name() + " has no tensor " + name);
    }
    return array.toFloatArray();
  }

  /**
   * Parameters and running statistics, as a checkpoint holds them.
   *
   * @param name of the state; unique in a run
   */
  public State state(String name) {
    Map<String, NDArray> all = new LinkedHashMap<>(parameters);
    all.putAll(buffers);
    return State.of(name, all);
  }

  /** Parameters and running statistics by name, in order of the layers. */
  Map<String, NDArray> state() {
    Map<String, NDArray> all = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      for (TensorSpec spec : node.layer().parameters()) {
        all.computeIfAbsent(node.weights() + "." + spec.name(), parameters::get);
      }
      for (TensorSpec spec : node.layer().buffers()) {
        all.computeIfAbsent(node.weights() + "." + spec.name(), buffers::get);
      }
    }
    return all;
  }

  /** Frees the weights. */
  @Override
  public void close() {
    manager.close();
  }

  private NDArray perChannel(List<Double> values, DoubleUnaryOperator f) {
    float[] data = new float[values.size()];
    for (int i = 0; i < data.length; i++) {
      data[i] = (float) f.applyAsDouble(values.get(i));
    }
    return manager.create(data, new Shape(1, data.length, 1, 1));
  }

  private float[] initial(Layer layer, TensorSpec spec, long seed) {
    float[] values = new float[Math.toIntExact(spec.count())];
    if (layer instanceof Layer.Conv conv) {
      if (spec.name().equals("weight")) {
        double deviation = graph.initialisation().deviation(conv);
        Random random = new Random(seed);
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (deviation * random.nextGaussian());
        }
      }
    } else if (spec.name().equals("weight")) {
      Arrays.fill(values, 1f);
    }
    return values;
  }

  /** Finds, for each node, which intermediate results nobody needs once it has run. */
  private static Map<String, List<String>> releases(LayerGraph graph) {
    Map<String, String> lastUser = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      node.inputs().forEach(input -> lastUser.put(input, node.name()));
    }
    lastUser.keySet().removeAll(graph.inputs().keySet());
    lastUser.keySet().removeAll(graph.outputs().values());
    Map<String, List<String>> byUser = new HashMap<>();
    lastUser.forEach(
        (value, user) -> byUser.computeIfAbsent(user, u -> new ArrayList<>()).add(value));
    return byUser;
  }
}
