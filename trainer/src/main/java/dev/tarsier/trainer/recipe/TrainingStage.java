package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.dataset.ClassSet;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.Contents;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Mixture;
import dev.tarsier.trainer.evaluation.Evaluation;
import dev.tarsier.trainer.network.ConvolutionCheck;
import dev.tarsier.trainer.network.Extra;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.training.Adam;
import dev.tarsier.trainer.training.Trainer;
import dev.tarsier.trainer.training.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The training of one network, teacher or student alike: who uses it is no part of what it is, so a
 * student of one recipe may be another's teacher.
 */
final class TrainingStage {
  /** The kind of stage. */
  static final String KIND = "training";

  /** Raised when the same inputs would no longer give the same network. */
  private static final int SCHEMA = 1;

  /** What changes no weight, or is told by hashes. */
  private static final Set<String> UNHASHED =
      Set.of("data", "checkpoint_every_steps", "loader_threads");

  private static final Set<String> UNHASHED_OF_NETWORK =
      Set.of("encoder_weights", "encoder_weights_optional");

  /**
   * What a training goes on from, in place of random weights.
   *
   * @param network that is trained already, of the same layers
   * @param steps of its training
   * @param pretrainedEncoder whether its encoder began with weights learned elsewhere
   */
  record Start(Checkpointed network, long steps, boolean pretrainedEncoder) {
    /** From a training's record. */
    static Start of(Checkpointed network, JsonNode record, long steps) {
      return new Start(
          network, steps, record.path("outcome").path("pretrained_encoder").asBoolean());
    }
  }

  private final String name;
  private final Recipe.Training training;
  private final ClassSet classes;
  private final long seed;
  private final Start start;
  private final List<OpenedData> data;
  private final List<OpenedData> validation;
  private final PathResolver paths;
  private final LayerGraph graph;
  private final Path weights;
  private final RecipeListener listener;
  private long stepsDone;

  /**
   * A training.
   *
   * @param name of the stage in its recipe
   * @param training what the recipe says
   * @param classes which there are
   * @param seed of all that is random
   * @param start what it goes on from; null to begin with random weights and the encoder's
   * @param data what it is trained on, with frames
   * @param validation what it is judged by, with frames
   * @param paths where the encoder's weights are looked for
   * @param listener hears what a person may want to know
   * @throws IOException if the encoder's weights are not there, though they must be
   */
  TrainingStage(
      String name,
      Recipe.Training training,
      ClassSet classes,
      long seed,
      Start start,
      List<OpenedData> data,
      List<OpenedData> validation,
      PathResolver paths,
      RecipeListener listener)
      throws IOException {
    this.name = name;
    this.training = training;
    this.classes = classes;
    this.seed = seed;
    this.start = start;
    this.data = List.copyOf(data);
    this.validation = List.copyOf(validation);
    this.paths = paths;
    this.listener = listener;
    if (data.isEmpty()) {
      throw new DataException("the recipe has no training data that is there");
    }
    if (validation.isEmpty()) {
      throw new DataException(
          "the recipe has no validation data that is there; the best checkpoint is chosen by it");
    }
    graph = training.network().graph(classes);
    weights = start == null ? weights(training.network(), paths) : null;
  }

  /**
   * Checks that the network has the layers that the recipe names.
   *
   * @throws IllegalArgumentException if not
   */
  static void requireLayers(String name, Recipe.Training training, ClassSet classes) {
    LayerGraph graph = training.network().graph(classes);
    for (Adam.Group group : training.optimiser().groups()) {
      requireLayer(graph, name + ": optimiser.groups", group.prefix());
    }
    training
        .network()
        .frozen()
        .forEach(prefix -> requireLayer(graph, name + ": network.frozen", prefix));
  }

  private static void requireLayer(LayerGraph graph, String where, String prefix) {
    if (graph.parameters().stream().noneMatch(each -> each.name().startsWith(prefix))) {
      Set<String> first = new TreeSet<>();
      graph.parameters().forEach(each -> first.add(each.name().replaceFirst("\\..*", ".")));
      throw new IllegalArgumentException(
          "%s: the network has no layer that starts with '%s'; there are %s"
              .formatted(where, prefix, first));
    }
  }

  private static String absent(Recipe.Network network, PathResolver paths) {
    return "the encoder's weights %s are not there (looked in %s)"
        .formatted(network.encoderWeights(), paths.tried(network.encoderWeights()));
  }

  private static Path weights(Recipe.Network network, PathResolver paths) throws IOException {
    if (network.encoderWeights().isEmpty()) {
      return null;
    }
    Optional<Path> file = paths.find(network.encoderWeights());
    if (file.isEmpty() && !network.encoderWeightsOptional()) {
      throw new IOException(
          absent(network, paths)
              + "; get them, or set encoder_weights_optional: true to start from nothing");
    }
    return file.orElse(null);
  }

  /** What to say where the encoder's weights could be used, but are not there. */
  Optional<String> absentWeights() {
    return start == null && weights == null && !training.network().encoderWeights().isEmpty()
        ? Optional.of(absent(training.network(), paths) + "; starting from nothing")
        : Optional.empty();
  }

  /** Steps done so far, once it has run; those of what it goes on from count. */
  long stepsDone() {
    return stepsDone;
  }

  /** Which stage this is. */
  StageStore.Stage stage() throws IOException {
    ObjectNode said = settings(training);
    String weightsHash = weights == null ? "" : ContentHash.of(Files.readAllBytes(weights));

    ObjectNode hashed = Canonical.object();
    hashed.put("schema", SCHEMA).put("kind", KIND);
    hashed.put("classes", classes.id()).put("seed", seed).put("encoder_weights", weightsHash);
    if (start != null) {
      hashed.put("start", start.network().sha256());
    }
    hashed.set("training", Canonical.differing(said, settings(Recipe.TRAINING)));
    ArrayNode trained = hashed.putArray("data");
    data.forEach(
        each ->
            trained
                .addObject()
                .put("sha256", each.source().sha256())
                .put("per_epoch", each.perEpoch()));
    ArrayNode judged = hashed.putArray("validation");
    validation.forEach(
        each ->
            judged
                .addObject()
                .put("sha256", each.source().sha256())
                .put("depth_protocol", each.protocol().id()));

    ObjectNode inputs = Canonical.object();
    inputs.put("schema", SCHEMA).put("classes", classes.id()).put("seed", seed);
    inputs.put("encoder_weights", weights == null ? "" : weights.toString());
    inputs.put("encoder_weights_sha256", weightsHash);
    if (start != null) {
      inputs.put("start", start.network().file().toString());
      inputs.put("start_sha256", start.network().sha256());
    }
    inputs.set("training", said);
    ArrayNode all = inputs.putArray("data");
    data.forEach(each -> describe(all.addObject(), each, "training"));
    validation.forEach(each -> describe(all.addObject(), each, Figures.VALIDATION));
    return new StageStore.Stage(KIND, inputs, Canonical.sha256(hashed));
  }

  private static ObjectNode settings(Recipe.Training training) {
    ObjectNode said = Canonical.without(Canonical.tree(training), Recipe.AROUND);
    said = Canonical.without(said, UNHASHED);
    said.set("network", Canonical.without(said.path("network"), UNHASHED_OF_NETWORK));
    said.set("validation", Canonical.without(said.path("validation"), Set.of("data")));
    return said;
  }

  /** Says of a data set what a record says. */
  static void describe(ObjectNode node, OpenedData data, String use) {
    node.put("use", use)
        .put("name", data.source().name())
        .put("frames", data.source().size())
        .put("sha256", data.source().sha256());
    if (use.endsWith("training")) {
      node.put("per_epoch", data.perEpoch());
    } else {
      node.put("depth_protocol", data.protocol().id());
    }
  }

  /**
   * Trains, or goes on where the folder stands.
   *
   * @return the outcome for the folder's record; none when it was stopped
   */
  Optional<ObjectNode> run(Path folder, StopSignal stop) throws IOException, InterruptedException {
    Preparation.of(data, listener);
    Preparation.of(validation, listener);
    Census census = Census.of(data, classes);
    new DataCheck(training, classes, listener).learned(data, census);
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, base, seed)) {
      boolean begins = !Files.exists(Trainer.last(folder));
      if (start != null && begins) {
        start.network().readInto(module);
        listener.said(
            String.format(
                Locale.ROOT,
                "Goes on from %s after %,d steps",
                start.network().name(),
                start.steps()));
      }
      if (weights != null && begins) {
        int loaded = training.network().loadEncoders(module, weights, classes);
        listener.said("Encoder starts from %s (%d tensors)".formatted(weights, loaded));
      }
      Trainer.Outcome outcome =
          new Trainer(
                  module,
                  base,
                  plan(census),
                  folder,
                  validator(base),
                  new DrawnCurves(listener.training(name, folder), folder, name))
              .run(stop);
      stepsDone = (start == null ? 0 : start.steps()) + outcome.stepsDone();
      if (!outcome.finished()) {
        return Optional.empty();
      }
      ObjectNode result = Canonical.object();
      Checkpointed.tell(result, Trainer.best(folder));
      result.put("chosen_by", "validation score");
      result.put("best_epoch", outcome.bestEpoch()).put("best_score", outcome.bestScore());
      result.put("steps", stepsDone);
      result.put("own_steps", outcome.stepsDone());
      result.put("pretrained_encoder", start == null ? weights != null : start.pretrainedEncoder());
      ArrayNode absent = result.putArray("absent_classes");
      census.absent().forEach(absent::add);
      return Optional.of(result);
    }
  }

  private Trainer.Validator validator(NDManager base) {
    Recipe.Network network = training.network();
    Judge judge = new Judge(network, classes);
    return new Trainer.Validator() {
      @Override
      public Trainer.Verdict validate(GraphModule module) {
        return Judge.verdict(
            judge.measure(module, base, validation, Figures.VALIDATION),
            training.validation().score());
      }

      @Override
      public List<ConvolutionCheck.Use> uses() {
        Size image = new Size(network.height(), network.width());
        return validation.stream()
            .flatMap(each -> Evaluation.uses(each.source(), image).stream())
            .distinct()
            .toList();
      }
    };
  }

  /**
   * Steps of a finished training with those before it. What it went on from may have had others
   * since: if its best checkpoint is the same, so is this training.
   *
   * @param before steps of what it went on from, as it is now
   */
  static long steps(JsonNode record, long before) {
    JsonNode outcome = record.path("outcome");
    return outcome.has("own_steps")
        ? before + outcome.path("own_steps").asLong()
        : outcome.path("steps").asLong();
  }

  /**
   * The batches of a training.
   *
   * @param training what the recipe says
   * @param classes which there are
   * @param graph the network
   * @param seed of all that is random
   * @param data what it is trained on, with frames
   * @param census of that data
   */
  static BatchLoader.Plan batches(
      Recipe.Training training,
      ClassSet classes,
      LayerGraph graph,
      long seed,
      List<OpenedData> data,
      Census census) {
    Recipe.Network network = training.network();
    List<Mixture.Part> parts = new ArrayList<>();
    for (OpenedData each : data) {
      parts.add(new Mixture.Part(each.source(), each.perEpoch()));
    }
    int height = training.cropHeight() == 0 ? network.height() : training.cropHeight();
    int width = training.cropWidth() == 0 ? network.width() : training.cropWidth();
    Size output = outputSize(graph, height, width);
    boolean soft = training.losses().softWeight() > 0;
    return new BatchLoader.Plan(
        new Mixture(parts),
        training.batch(),
        network.height(),
        network.width(),
        height,
        width,
        output.height(),
        output.width(),
        training.augmentation(),
        ClassWeights.of(census.pixels(), training.classBalance()),
        seed,
        new Contents(
            network.extra() == Extra.DEPTH,
            network.extra() == Extra.LABELS ? classes.size() : 0,
            soft ? classes.size() : 0));
  }

  private TrainingPlan plan(Census census) {
    Recipe.Optimiser optimiser = training.optimiser();
    List<Adam.Group> groups = new ArrayList<>(optimiser.groups());
    groups.add(new Adam.Group("", optimiser.learningRate()));
    return new TrainingPlan(
        batches(training, classes, graph, seed, data, census),
        training.epochs(),
        training.maxSteps(),
        training.losses(),
        new Adam.Settings(
            optimiser.beta1(),
            optimiser.beta2(),
            optimiser.epsilon(),
            optimiser.weightDecay(),
            optimiser.kind() == Recipe.Optimiser.Decay.ADAMW,
            optimiser.clipNorm()),
        groups,
        training.schedule(),
        training.network().frozen(),
        training.checkpointEverySteps(),
        training.validation().everyEpochs(),
        training.loaderThreads());
  }

  /** The targets must have the outputs' size, which the network decides. */
  private static Size outputSize(LayerGraph graph, int height, int width) {
    Map<String, Size> inputs = new LinkedHashMap<>();
    graph.inputs().keySet().forEach(input -> inputs.put(input, new Size(height, width)));
    String output = graph.outputs().values().iterator().next();
    return graph.sizes(inputs).get(output);
  }
}
