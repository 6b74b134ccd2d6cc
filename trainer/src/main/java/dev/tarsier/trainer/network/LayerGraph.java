package dev.tarsier.trainer.network;

import dev.tarsier.runtime.config.NearestName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A network as a list of named layers, each fed by layers before it: the one description that DJL
 * trains ({@link GraphModule}) and that is written as ONNX. Names follow torchvision, and a layer's
 * tensors are its name plus {@code .weight}, {@code .bias}, {@code .running_mean}, {@code
 * .running_var}.
 *
 * <p>A network may have several inputs (an image, a depth map) and several named outputs. Outputs
 * that only help to train (deep supervision) are auxiliary; {@link #forInference()} is the network
 * without them. Immutable and free of weights; safe to share between threads.
 */
public final class LayerGraph {
  private static final String ALL_TASKS = "";

  private final String name;
  private final Map<String, Integer> inputs;
  private final Map<String, Node> nodes;
  private final Map<String, String> outputs;
  private final Set<String> auxiliary;
  private final Map<String, Map<String, String>> taps;
  private final Initialisation initialisation;

  /**
   * A layer in its place.
   *
   * @param name unique in the graph
   * @param layer what it does
   * @param inputs names of inputs of the graph or of earlier nodes, in the layer's order
   * @param channels of its output
   * @param weights name of the node whose parameters and running statistics it uses: its own, or an
   *     earlier one's
   */
  public record Node(String name, Layer layer, List<String> inputs, int channels, String weights) {
    /** Copies the list. */
    public Node {
      inputs = List.copyOf(inputs);
    }

    /** Whether its parameters and running statistics are its own. */
    public boolean ownsWeights() {
      return weights.equals(name);
    }
  }

  private LayerGraph(Builder builder) {
    this.name = builder.name;
    this.inputs = Collections.unmodifiableMap(new LinkedHashMap<>(builder.inputs));
    this.nodes = Collections.unmodifiableMap(new LinkedHashMap<>(builder.nodes));
    this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(builder.outputs));
    this.auxiliary = Collections.unmodifiableSet(new LinkedHashSet<>(builder.auxiliary));
    this.taps = Collections.unmodifiableMap(new LinkedHashMap<>(builder.taps));
    this.initialisation = builder.initialisation;
  }

  /** Starts a graph with this name. */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** What the network is called, for messages and model files. */
  public String name() {
    return name;
  }

  /** Channels of each input by name, in order. */
  public Map<String, Integer> inputs() {
    return inputs;
  }

  /** All layers, each after those that feed it. */
  public List<Node> nodes() {
    return List.copyOf(nodes.values());
  }

  /**
   * The name of the node behind each output, auxiliary ones too, by the output's name, in order.
   */
  public Map<String, String> outputs() {
    return outputs;
  }

  /** Names of the outputs that are for training only, in order. */
  public Set<String> auxiliaryOutputs() {
    return auxiliary;
  }

  /**
   * This network without its auxiliary outputs and without the layers that only lead to them;
   * itself where it has none.
   */
  public LayerGraph forInference() {
    if (auxiliary.isEmpty()) {
      return this;
    }
    Builder pruned = named(name).initialised(initialisation);
    pruned.inputs.putAll(inputs);
    pruned.outputs.putAll(outputs);
    pruned.outputs.keySet().removeAll(auxiliary);
    pruned.nodes.putAll(nodes);
    pruned.nodes.keySet().retainAll(leadingTo(pruned.outputs.values()));
    pruned.taps.putAll(taps);
    return pruned.build();
  }

  /** These nodes, and all that they are made from. */
  private Set<String> leadingTo(Collection<String> ends) {
    Set<String> found = new HashSet<>(ends);
    List<Node> backwards = nodes();
    for (int i = backwards.size() - 1; i >= 0; i--) {
      if (found.contains(backwards.get(i).name())) {
        found.addAll(backwards.get(i).inputs());
      }
    }
    return found;
  }

  /** The task of an output: {@code depth} of {@code depth} and of its auxiliary {@code depth.0}. */
  public static String task(String output) {
    int dot = output.indexOf('.');
    return dot < 0 ? output : output.substring(0, dot);
  }

  /**
   * Names of the parameters that two or more tasks use: those of all layers that outputs of more
   * than one task are made from, in order of the layers. None in a network of one task.
   */
  public Set<String> sharedParameters() {
    Set<String> shared = new LinkedHashSet<>();
    Set<String> used = usedByTwo(this::weightsOf);
    for (Node node : nodes.values()) {
      if (used.contains(node.name())) {
        node.layer().parameters().forEach(own -> shared.add(node.name() + "." + own.name()));
      }
    }
    return shared;
  }

  /**
   * The last feature maps that two or more tasks use: nodes that lead to more than one task's
   * outputs and feed one that does not. None in a network of one task.
   */
  public Set<String> lastSharedNodes() {
    Set<String> shared = usedByTwo(UnaryOperator.identity());
    Set<String> last = new LinkedHashSet<>();
    for (Node node : nodes.values()) {
      if (!shared.contains(node.name())) {
        node.inputs().stream().filter(shared::contains).forEach(last::add);
      }
    }
    outputs.values().stream().filter(shared::contains).forEach(last::add);
    return last;
  }

  /** Nodes that are among what the nodes of two or more tasks come to. */
  private Set<String> usedByTwo(UnaryOperator<Set<String>> what) {
    Map<String, Set<String>> ends = new LinkedHashMap<>();
    outputs.forEach(
        (output, node) -> ends.computeIfAbsent(task(output), t -> new HashSet<>()).add(node));
    List<Set<String>> users = ends.values().stream().map(this::leadingTo).map(what).toList();
    Set<String> shared = new LinkedHashSet<>();
    for (String node : nodes.keySet()) {
      if (users.stream().filter(used -> used.contains(node)).count() > 1) {
        shared.add(node);
      }
    }
    return shared;
  }

  private Set<String> weightsOf(Set<String> used) {
    Set<String> owners = new HashSet<>();
    nodes.values().stream()
        .filter(node -> used.contains(node.name()))
        .forEach(node -> owners.add(node.weights()));
    return owners;
  }

  /** Names of feature maps that a training may look at, such as {@code mid} and {@code last}. */
  public Set<String> taps() {
    return taps.keySet();
  }

  /**
   * The layer that gives a task's feature map of that name.
   *
   * @throws IllegalArgumentException if there is none; the message names those there are
   */
  public String tap(String tap, String task) {
    Map<String, String> byTask = taps.get(tap);
    if (byTask == null) {
      throw new IllegalArgumentException(
          "%s has no feature map '%s'%s there are %s"
              .formatted(
                  name,
                  tap,
                  NearestName.question(tap, taps.keySet()).orElse(";"),
                  taps.isEmpty() ? "none" : String.join(", ", taps.keySet())));
    }
    String node = byTask.getOrDefault(task, byTask.get(ALL_TASKS));
    if (node == null) {
      throw new IllegalArgumentException(
          "%s has no feature map '%s' of %s".formatted(name, tap, task));
    }
    return node;
  }

  /** What fresh weights are. */
  public Initialisation initialisation() {
    return initialisation;
  }

  /** The node of this name. */
  public Node node(String nodeName) {
    Node node = nodes.get(nodeName);
    if (node == null) {
      throw new IllegalArgumentException(name + " has no layer " + nodeName);
    }
    return node;
  }

  /** Channels of the output of this name. */
  public int outputChannels(String output) {
    String node = outputs.get(output);
    if (node == null) {
      throw new IllegalArgumentException(
          "%s has no output %s; it has %s".formatted(name, output, outputs.keySet()));
    }
    return node(node).channels();
  }

  /** Everything learned by gradient, in order of the layers. */
  public List<TensorSpec> parameters() {
    return tensors(false);
  }

  /** The running statistics, in order of the layers. */
  public List<TensorSpec> buffers() {
    return tensors(true);
  }

  private List<TensorSpec> tensors(boolean buffers) {
    List<TensorSpec> all = new ArrayList<>();
    for (Node node : nodes.values()) {
      if (!node.ownsWeights()) {
        continue;
      }
      for (TensorSpec own : buffers ? node.layer().buffers() : node.layer().parameters()) {
        all.add(new TensorSpec(node.name() + "." + own.name(), own.shape()));
      }
    }
    return all;
  }

  /** Number of values learned by gradient. */
  public long parameterCount() {
    return parameters().stream().mapToLong(TensorSpec::count).sum();
  }

  /**
   * The size of every node's output.
   *
   * @param inputSizes size of each input by name. Not modified.
   * @return by node name, in order
   * @throws IllegalArgumentException if an input is missing or a layer cannot take its sizes; the
   *     message names the layer
   */
  public Map<String, Size> sizes(Map<String, Size> inputSizes) {
    Map<String, Size> known = new LinkedHashMap<>();
    for (String input : inputs.keySet()) {
      Size size = inputSizes.get(input);
      if (size == null) {
        throw new IllegalArgumentException(name + ": the size of input " + input + " is missing");
      }
      known.put(input, size);
    }
    for (Node node : nodes.values()) {
      try {
        known.put(node.name(), node.layer().size(node.inputs().stream().map(known::get).toList()));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "%s: layer %s %s".formatted(name, node.name(), e.getMessage()), e);
      }
    }
    known.keySet().removeAll(inputs.keySet());
    return known;
  }

  /** {@link #sizes(Map)} where all inputs have the same size. */
  public Map<String, Size> sizes(Size input) {
    Map<String, Size> same = new LinkedHashMap<>();
    inputs.keySet().forEach(n -> same.put(n, input));
    return sizes(same);
  }

  /** Multiply-adds of the convolutions for one image where all inputs have this size. */
  public long multiplyAdds(Size input) {
    Map<String, Size> sizes = sizes(input);
    return nodes.values().stream()
        .mapToLong(node -> node.layer().multiplyAdds(sizes.get(node.name())))
        .sum();
  }

  /** Puts a graph together; each step checks names and channels and says what is wrong. */
  public static final class Builder {
    private final String name;
    private final Map<String, Integer> inputs = new LinkedHashMap<>();
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, String> outputs = new LinkedHashMap<>();
    private final Set<String> auxiliary = new LinkedHashSet<>();
    private final Map<String, Map<String, String>> taps = new LinkedHashMap<>();
    private Initialisation initialisation = Initialisation.NEAR_BIAS;

    private Builder(String name) {
      this.name = name;
    }

    /** Says what fresh weights are; otherwise {@link Initialisation#NEAR_BIAS}. */
    public Builder initialised(Initialisation how) {
      initialisation = how;
      return this;
    }

    /**
     * Declares an input.
     *
     * @return the name, to feed layers with
     */
    public String input(String inputName, int channels) {
      if (channels < 1) {
        throw new IllegalArgumentException(
            "%s: input %s must have 1 channel or more, got %d"
                .formatted(name, inputName, channels));
      }
      checkFree(inputName);
      inputs.put(inputName, channels);
      return inputName;
    }

    /**
     * Adds a layer.
     *
     * @param nodeName unique
     * @param layer what it does
     * @param from names of inputs or earlier layers, in the layer's order. Not modified.
     * @return the name, to feed further layers with
     */
    public String add(String nodeName, Layer layer, String... from) {
      return add(nodeName, layer, nodeName, List.of(from));
    }

    /**
     * Adds a layer once more, with the parameters and running statistics of the one added first.
     *
     * @param nodeName unique
     * @param first the name of that one
     * @param from as for {@link #add}. Not modified.
     * @return the name, to feed further layers with
     */
    public String again(String nodeName, String first, String... from) {
      Node node = earlier(nodeName, first);
      return add(nodeName, node.layer(), node.weights(), List.of(from));
    }

    private String add(String nodeName, Layer layer, String weights, List<String> from) {
      checkFree(nodeName);
      List<Integer> channels = new ArrayList<>();
      for (String source : from) {
        channels.add(channelsOf(nodeName, source));
      }
      int out;
      try {
        out = layer.channels(channels);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "%s: layer %s (fed by %s) %s"
                .formatted(name, nodeName, String.join(", ", from), e.getMessage()),
            e);
      }
      nodes.put(nodeName, new Node(nodeName, layer, from, out, weights));
      return nodeName;
    }

    /** Channels of an input or layer added before. */
    public int channels(String nodeName) {
      return channelsOf("a caller", nodeName);
    }

    /** Names the result of a layer as an output of the network. */
    public Builder output(String outputName, String nodeName) {
      if (!nodes.containsKey(nodeName)) {
        throw new IllegalArgumentException(
            "%s: output %s: there is no layer %s".formatted(name, outputName, nodeName));
      }
      if (outputs.putIfAbsent(outputName, nodeName) != null) {
        throw new IllegalArgumentException(
            "%s: there are two outputs %s".formatted(name, outputName));
      }
      return this;
    }

    /** Names the result of a layer as an output that is for training only. */
    public Builder auxiliaryOutput(String outputName, String nodeName) {
      output(outputName, nodeName);
      auxiliary.add(outputName);
      return this;
    }

    /**
     * Names a feature map that a training may look at: what all tasks have in common.
     *
     * @param tap such as {@code mid}
     * @param nodeName the layer that gives it
     */
    public Builder tap(String tap, String nodeName) {
      return tap(tap, ALL_TASKS, nodeName);
    }

    /** Names a task's own feature map that a training may look at. */
    public Builder tap(String tap, String task, String nodeName) {
      if (!nodes.containsKey(nodeName)) {
        throw new IllegalArgumentException(
            "%s: feature map %s: there is no layer %s".formatted(name, tap, nodeName));
      }
      taps.computeIfAbsent(tap, each -> new LinkedHashMap<>()).put(task, nodeName);
      return this;
    }

    /** The finished graph; every layer must lead to an output. */
    public LayerGraph build() {
      if (inputs.isEmpty() || outputs.size() == auxiliary.size()) {
        throw new IllegalArgumentException(name + ": a network needs an input and an output");
      }
      List<String> unused = new ArrayList<>(nodes.keySet());
      unused.addAll(inputs.keySet());
      nodes.values().forEach(node -> unused.removeAll(node.inputs()));
      unused.removeAll(outputs.values());
      if (!unused.isEmpty()) {
        throw new IllegalArgumentException(
            "%s: nothing uses %s".formatted(name, String.join(", ", unused)));
      }
      return new LayerGraph(this);
    }

    private int channelsOf(String user, String source) {
      Integer channels = inputs.get(source);
      return channels == null ? earlier(user, source).channels() : channels;
    }

    private Node earlier(String user, String source) {
      Node node = nodes.get(source);
      if (node == null) {
        throw new IllegalArgumentException(
            "%s: %s asks for layer %s, which was not added before".formatted(name, user, source));
      }
      return node;
    }

    private void checkFree(String nodeName) {
      if (inputs.containsKey(nodeName) || nodes.containsKey(nodeName)) {
        throw new IllegalArgumentException(
            "%s: the name %s is used twice".formatted(name, nodeName));
      }
    }
  }
}
