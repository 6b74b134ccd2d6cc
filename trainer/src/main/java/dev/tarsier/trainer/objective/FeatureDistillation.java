package dev.tarsier.trainer.objective;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.Layer;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Scalars;
import dev.tarsier.trainer.network.State;
import dev.tarsier.trainer.optimiser.Adam;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Li and Bilen, <i>Knowledge Distillation for Multi-task Learning</i> (ECCV workshops 2020; methods
 * §2): the feature maps of a network of several tasks are drawn towards those of networks of one
 * task each, through an adaptor for each task, so that no task has the shared features to itself.
 *
 * <p>Its losses are called {@code TASK.features}: {@code mean over n,y,x of Σ_c (ν(A(f))_c −
 * ν(g)_c)²}, summed over the layers, where f is the network's map, g the teacher's, A the adaptor
 * and {@code ν(f) = f / sqrt(Σ_c f² + 1e-6)}; from 0 to 4 for each layer. Labels play no part in
 * it, so frames without any count too.
 */
final class FeatureDistillation implements Objective {
  private static final double DEFAULT_RATE = 0.1;
  private static final double DEFAULT_DECAY = 5e-4;
  private static final float EPSILON = 1e-6f;
  private static final String MAP = "map";
  private static final String ADAPTED = "adapted";

  /** What stands between the network's map and the teacher's. */
  enum Adaptor {
    /** A 1×1 convolution without bias. */
    LINEAR,
    /** 1×1 convolution, ReLU, 1×1 convolution; without bias. */
    NON_LINEAR,
    /** Nothing: the maps must have the same channels. */
    NONE
  }

  /**
   * Settings.
   *
   * @param layers feature maps that the network names, such as {@code mid} and {@code last}; null
   *     for all that it names
   * @param adaptor null for linear
   * @param weights λ of each task; 1 where none is said
   * @param learningRate of the adaptors' own Adam, which no schedule changes; null for 0.1
   * @param weightDecay of the same, in the gradient; null for 5e-4
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Options(
      List<String> layers,
      Adaptor adaptor,
      TaskWeights weights,
      Double learningRate,
      Double weightDecay)
      implements Distillation {
    /** The published settings. */
    public Options() {
      this(null, null, null, null, null);
    }

    /** Fills in and checks the ranges. */
    public Options {
      layers = layers == null ? null : List.copyOf(layers);
      adaptor = adaptor == null ? Adaptor.LINEAR : adaptor;
      weights = weights == null ? new TaskWeights(Map.of()) : weights;
      learningRate = learningRate == null ? DEFAULT_RATE : learningRate;
      weightDecay = weightDecay == null ? DEFAULT_DECAY : weightDecay;
      if (layers != null && layers.isEmpty()) {
        throw new IllegalArgumentException(
            "layers is empty; name feature maps, such as mid and last, or leave it out");
      }
      if (layers != null && Set.copyOf(layers).size() < layers.size()) {
        throw new IllegalArgumentException(
            "layers %s has a feature map more than once".formatted(layers));
      }
      if (!(learningRate > 0 && learningRate <= 1 && weightDecay >= 0 && weightDecay <= 1)) {
        throw new IllegalArgumentException(
            "learning_rate must be above 0, at most 1, and weight_decay 0 to 1, got %s and %s"
                .formatted(learningRate, weightDecay));
      }
    }

    @Override
    public String kind() {
      return "features";
    }

    /** The feature maps that are compared, in their order. */
    private Set<String> layers(LayerGraph graph) {
      return layers == null ? graph.taps() : new LinkedHashSet<>(layers);
    }

    @Override
    public void check(LayerGraph student, LayerGraph teacher, String task) {
      if (layers(student).isEmpty()) {
        throw new IllegalArgumentException(
            "distill: %s names no feature maps to compare".formatted(student.name()));
      }
      for (String layer : layers(student)) {
        int own;
        int taught;
        try {
          own = student.node(student.tap(layer, task)).channels();
          taught = teacher.node(teacher.tap(layer, task)).channels();
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("distill.layers: " + e.getMessage(), e);
        }
        if (adaptor == Adaptor.NONE && own != taught) {
          throw new IllegalArgumentException(
              "distill.adaptor is none, but '%s' has %d channels in %s and %d in its teacher of %s; write linear"
                  .formatted(layer, own, student.name(), taught, task));
        }
      }
    }

    @Override
    public void check(List<TaskName> heads) {
      weights.requireOf("distill.weights", heads);
      weights.requireAny("distill", heads, 1);
    }

    @Override
    public String card() {
      return "Its feature maps were drawn towards those of networks of one task each.";
    }

    @Override
    public Objective create(Setup setup) {
      return new FeatureDistillation(this, setup);
    }
  }

  /**
   * What is compared.
   *
   * @param own the network's layer
   * @param taught the teacher's
   * @param adaptor null for none
   */
  private record Pair(String own, String taught, GraphModule adaptor) {}

  private record Teacher(Task task, GraphModule module, List<Pair> pairs) {
    private Set<String> taps() {
      Set<String> taps = new LinkedHashSet<>();
      pairs.forEach(pair -> taps.add(pair.taught()));
      return taps;
    }
  }

  private final Options options;
  private final List<Teacher> teachers = new ArrayList<>();
  private final Map<String, GraphModule> adaptors = new LinkedHashMap<>();
  private final Adam adam;

  FeatureDistillation(Options options, Auxiliary.Setup setup) {
    this.options = options;
    LayerGraph graph = setup.module().graph();
    for (Task task : setup.tasks()) {
      GraphModule teacher = setup.teachers().get(task.id());
      if (teacher == null) {
        continue;
      }
      options.check(graph, teacher.graph(), task.tensor());
      List<Pair> pairs = new ArrayList<>();
      for (String layer : options.layers(graph)) {
        String own = graph.tap(layer, task.tensor());
        String taught = teacher.graph().tap(layer, task.tensor());
        String name = "features." + task.tensor() + "." + layer;
        GraphModule adaptor =
            options.adaptor() == Adaptor.NONE
                ? null
                : GraphModule.create(
                    adaptor(
                        name,
                        graph.node(own).channels(),
                        teacher.graph().node(taught).channels(),
                        options.adaptor() == Adaptor.NON_LINEAR),
                    setup.base(),
                    setup.batches().seed() ^ name.hashCode());
        if (adaptor != null) {
          adaptors.put(name, adaptor);
        }
        pairs.add(new Pair(own, taught, adaptor));
      }
      teachers.add(new Teacher(task, teacher, pairs));
    }
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    adaptors.forEach(
        (name, module) ->
            module.parameters().forEach((each, array) -> parameters.put(name + "." + each, array)));
    Adam.Settings settings =
        Adam.Settings.of(options.learningRate()).withWeightDecay(options.weightDecay());
    adam = new Adam("features.adam", parameters, setup.base(), settings);
  }

  private static LayerGraph adaptor(String name, int in, int out, boolean bent) {
    LayerGraph.Builder graph = LayerGraph.named(name);
    String at = graph.input(MAP, in);
    if (bent) {
      at = graph.add("0", Layer.Conv.pointwise(in, out, false), at);
      at = graph.add("1", Layer.Activation.RELU, at);
    }
    at = graph.add("out", Layer.Conv.pointwise(graph.channels(at), out, false), at);
    return graph.output(ADAPTED, at).build();
  }

  /** Name of the loss. */
  private static String name(Task task) {
    return task.id() + ".features";
  }

  @Override
  public void add(Step step, NamedLosses losses) {
    for (Teacher teacher : teachers) {
      Map<String, NDArray> taught =
          teacher.module().forward(step.inputs(), false, teacher.taps()).taps();
      NDArray sum = null;
      for (Pair pair : teacher.pairs()) {
        NDArray own = step.forward().taps().get(pair.own());
        if (pair.adaptor() != null) {
          own = pair.adaptor().forward(own, true).get(ADAPTED);
        }
        NDArray distance = distance(own, taught.get(pair.taught()));
        sum = sum == null ? distance : sum.add(distance);
      }
      losses.addBesides(name(teacher.task()), sum);
    }
  }

  /**
   * The mean over all pixels of the squared distance of the normalised features.
   *
   * @param own float32 [N,C,h,w]. Not modified.
   * @param taught the same. Not modified; nothing of it is learned.
   * @return float32 scalar, 0 to 4
   */
  static NDArray distance(NDArray own, NDArray taught) {
    NDArray difference =
        Scalars.unitLength(own, EPSILON).sub(Scalars.unitLength(taught.stopGradient(), EPSILON));
    double pixels = (double) own.getShape().size() / own.getShape().get(1);
    return Scalars.times(difference.square().sum(), 1 / pixels);
  }

  @Override
  public Set<String> taps() {
    Set<String> taps = new LinkedHashSet<>();
    teachers.forEach(teacher -> teacher.pairs().forEach(pair -> taps.add(pair.own())));
    return taps;
  }

  @Override
  public void weigh(Map<String, Double> weights) {
    teachers.forEach(
        teacher -> weights.put(name(teacher.task()), options.weights().of(teacher.task(), 1)));
  }

  @Override
  public void differentiated(long step) {
    adam.update(1);
  }

  @Override
  public List<String> stuck() {
    return adam.stuck();
  }

  @Override
  public List<State> states() {
    List<State> states = new ArrayList<>();
    adaptors.forEach((name, module) -> states.add(module.state(name)));
    states.add(adam);
    return states;
  }

  @Override
  public void close() {
    adam.close();
    adaptors.values().forEach(GraphModule::close);
  }
}
