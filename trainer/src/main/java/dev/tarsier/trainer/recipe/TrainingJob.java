package dev.tarsier.trainer.recipe;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.model.Sha256;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.evaluation.Evaluation;
import dev.tarsier.trainer.network.ClassRows;
import dev.tarsier.trainer.network.ConvolutionCheck;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.network.Size;
import dev.tarsier.trainer.objective.Auxiliary;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.run.StageRecord;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Task;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The training of one network, teacher or student alike: who uses it is no part of what it is, so a
 * student of one recipe may be another's teacher.
 */
final class TrainingJob {
  /** The kind of stage. */
  static final String KIND = "training";

  private static final Logger LOG = LoggerFactory.getLogger(TrainingJob.class);

  /** Raised when the same inputs would no longer give the same network. */
  private static final int SCHEMA = 1;

  /** The same for what {@link #decidedBesides} says. */
  private static final int LATER_SCHEMA = 2;

  /** What changes no weight, or is told by hashes. */
  private static final Set<String> UNHASHED =
      Set.of("data", "streams", "checkpoint_every_steps", "loader_threads");

  private static final Set<String> UNHASHED_OF_NETWORK =
      Set.of("encoder_weights", "encoder_weights_optional", "weights");

  /**
   * All that decides the outcome, for people to read.
   *
   * @param encoderWeights the file; empty for none
   * @param weights the file of a whole network; null for none
   * @param start the checkpoint that it goes on from; null for none
   * @param teachersSha256 checkpoints of networks of one task each that it learns from; null for
   *     none
   * @param training what the recipe says of the steps
   * @param data what it was trained and judged on
   * @param history that, and what its teachers and the weights that it began with learned from; in
   *     older records what it was trained and judged on
   * @param streams names of the data sets of each stream; null for none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Inputs(
      int schema,
      ClassSet classes,
      long seed,
      String encoderWeights,
      String encoderWeightsSha256,
      String weights,
      String weightsSha256,
      String start,
      String startSha256,
      List<String> teachersSha256,
      ObjectNode training,
      List<DataUse> data,
      List<DataUse> history,
      Map<String, List<String>> streams) {
    /** Fills in. */
    Inputs {
      data = data == null ? List.of() : List.copyOf(data);
      history = history == null ? data : List.copyOf(history);
    }

    /**
     * What a training's record says.
     *
     * @throws IOException if it says something else
     */
    static Inputs of(StageRecord training) throws IOException {
      try {
        return Canonical.value(training.inputs(), Inputs.class);
      } catch (IllegalArgumentException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }

  /** The same as it is hashed. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Hashed(
      int schema,
      String kind,
      ClassSet classes,
      long seed,
      String encoderWeights,
      String weights,
      Map<String, ClassRows> classRows,
      String start,
      List<String> teachers,
      ObjectNode training,
      List<Trained> data,
      List<Judged> validation,
      List<List<Trained>> streams) {}

  private record Trained(String sha256, int perEpoch) {}

  /** Balancing, distillation and moving averages. */
  private static boolean decidedBesides(Training training) {
    boolean average = training.earlierSelf() != null && training.earlierSelf().ema() != null;
    return training.balance() != null || training.distill() != null || average;
  }

  private static List<Trained> trained(List<OpenedData> data) {
    return data.stream().map(each -> new Trained(each.source().sha256(), each.perEpoch())).toList();
  }

  private record Judged(String sha256, String depthProtocol) {}

  private final String name;
  private final Training training;
  private final ClassSet classes;
  private final long seed;
  private final TrainingResult start;
  private final List<NetworkCheckpoint> teachers;
  private final List<OpenedData> data;
  private final List<OpenedData> validation;
  private final PathResolver paths;
  private final LayerGraph graph;
  private final StartWeights whole;
  private final Map<String, ClassRows> classRows;
  private final Path weights;
  private final ChainWalk walk;

  /**
   * A training.
   *
   * @param name of the stage in its recipe
   * @param training what the recipe says
   * @param seed of all that is random
   * @param start what it goes on from; null to begin with random weights and the encoder's
   * @param teachers networks of one task each that it learns from; empty for none
   * @param data what it is trained on, with frames
   * @param validation what it is judged by, with frames
   * @param walk that it is part of
   * @throws IOException if the encoder's weights are not there, though they must be
   */
  TrainingJob(
      String name,
      Training training,
      long seed,
      TrainingResult start,
      List<NetworkCheckpoint> teachers,
      List<OpenedData> data,
      List<OpenedData> validation,
      ChainWalk walk)
      throws IOException {
    this.name = name;
    this.training = training;
    this.seed = seed;
    this.start = start;
    this.teachers = List.copyOf(teachers);
    this.data = List.copyOf(data);
    this.validation = List.copyOf(validation);
    this.walk = walk;
    classes = training.network().told(walk.classes());
    paths = walk.dataSets().paths();
    if (data.isEmpty()) {
      throw new DataException(
          "data: no training data is there; list a data set that is, without optional: true");
    }
    DataCheck.requireData(training, data);
    if (validation.isEmpty()) {
      throw new DataException(
          "validation.data: no validation data is there, and the best checkpoint is chosen by it; list a data set that is");
    }
    graph = training.network().graph(classes);
    whole = start == null ? StartWeights.of(training.network(), paths).orElse(null) : null;
    classRows = whole == null ? Map.of() : whole.classRows(training.network(), classes);
    weights = start == null && whole == null ? weights(training.network(), paths) : null;
  }

  private static String absent(Network network, PathResolver paths) {
    return "the encoder's weights %s are not there (looked in %s)"
        .formatted(network.encoderWeights(), paths.tried(network.encoderWeights()));
  }

  private static Path weights(Network network, PathResolver paths) throws IOException {
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
    return start == null
            && whole == null
            && weights == null
            && !training.network().encoderWeights().isEmpty()
        ? Optional.of(absent(training.network(), paths) + "; starting from nothing")
        : Optional.empty();
  }

  /**
   * Where the weights of the whole network come from that it begins with; none where it has none.
   */
  Optional<StartWeights.Source> source() throws IOException {
    return whole == null ? Optional.empty() : Optional.of(whole.source());
  }

  /** Which stage this is. */
  Stage<TrainingOutcome> stage() throws IOException {
    ObjectNode settings = settings(training);
    String weightsHash = weights == null ? "" : Sha256.of(weights);
    String wholeHash = whole == null ? null : Sha256.of(whole.file());
    NetworkCheckpoint from = start == null ? null : start.checkpoint();
    List<String> taught =
        teachers.isEmpty() ? null : teachers.stream().map(NetworkCheckpoint::sha256).toList();
    List<List<OpenedData>> streams = DataCheck.streams(training, data);
    Hashed hashed =
        new Hashed(
            decidedBesides(training) ? LATER_SCHEMA : SCHEMA,
            KIND,
            classes,
            seed,
            weightsHash,
            wholeHash,
            classRows.isEmpty() ? null : classRows,
            from == null ? null : from.sha256(),
            taught,
            Canonical.differing(settings, settings(Recipe.TRAINING)),
            trained(data),
            validation.stream()
                .map(each -> new Judged(each.source().sha256(), each.protocol().id()))
                .toList(),
            streams.isEmpty() ? null : streams.stream().map(TrainingJob::trained).toList());
    Map<String, List<String>> named = new LinkedHashMap<>();
    for (int k = 0; k < streams.size(); k++) {
      named.put(
          training.streams().get(k).name(),
          streams.get(k).stream().map(each -> each.source().name()).toList());
    }
    List<DataUse> used = new ArrayList<>();
    data.forEach(each -> used.add(DataUse.of(each, "training")));
    validation.forEach(each -> used.add(DataUse.of(each, Figures.VALIDATION)));
    Inputs inputs =
        new Inputs(
            SCHEMA,
            classes,
            seed,
            weights == null ? "" : weights.toString(),
            weightsHash,
            whole == null ? null : whole.file().toString(),
            wholeHash,
            from == null ? null : from.file().toString(),
            from == null ? null : from.sha256(),
            taught,
            settings,
            used,
            walk.data(),
            named.isEmpty() ? null : named);
    return new Stage<>(
        KIND,
        (ObjectNode) Canonical.tree(inputs),
        Canonical.sha256(Canonical.tree(hashed)),
        TrainingOutcome.class);
  }

  private static ObjectNode settings(Training training) {
    ObjectNode settings = Canonical.without(Canonical.tree(training), Training.AROUND);
    settings = Canonical.without(settings, UNHASHED);
    settings.set("network", Canonical.without(settings.path("network"), UNHASHED_OF_NETWORK));
    settings.set("validation", Canonical.without(settings.path("validation"), Set.of("data")));
    return settings;
  }

  /**
   * Trains, or goes on where the folder stands.
   *
   * @return the outcome for the folder's record; none when it was stopped
   */
  Optional<TrainingOutcome> run(Path folder) throws IOException, InterruptedException {
    RecipeListener listener = walk.listener();
    Preparation.of(data, listener);
    Preparation.of(validation, listener);
    DataStatistics statistics = walk.statistics(data);
    new DataCheck(training, walk).learned(data, statistics);
    try (NDManager base = PyTorch.newBaseManager();
        GraphModule module = GraphModule.create(graph, base, seed)) {
      boolean begins = !Files.exists(Trainer.last(folder));
      if (start != null && begins) {
        start.checkpoint().readInto(module);
        listener.note(
            String.format(
                Locale.ROOT, "Goes on from %s after %,d steps", start.name(), start.steps()));
      }
      if (whole != null && begins) {
        listener.note(whole.readInto(module, classRows));
      }
      if (weights != null && begins) {
        int loaded = training.network().loadEncoders(module, weights, classes);
        listener.note("Encoder starts from %s (%d tensors)".formatted(weights, loaded));
      }
      TrainingPlan plan = plan(statistics, teachers(base));
      for (Auxiliary each : training.auxiliaries()) {
        each.idle(plan.batches(), plan.totalSteps()).ifPresent(listener::note);
      }
      EpochPictures pictures =
          new EpochPictures(
              training.network(),
              training.network().tasks(classes),
              validation.get(0).source(),
              folder);
      Trainer.Outcome outcome =
          new Trainer(
                  module,
                  base,
                  plan,
                  folder,
                  validator(base, pictures),
                  new DrawnCurves(
                      listener.training(name, folder),
                      folder,
                      name,
                      Metrics.of(training.network().tasks(classes).heads()),
                      pictures))
              .run(walk.stop());
      long steps = (start == null ? 0 : start.steps()) + outcome.stepsDone();
      walk.stepsDone(steps);
      if (!outcome.finished()) {
        return Optional.empty();
      }
      NetworkCheckpoint.Outcome best = NetworkCheckpoint.Outcome.of(Trainer.best(folder));
      return Optional.of(
          new TrainingOutcome(
              best.checkpoint(),
              best.checkpointSha256(),
              TrainingOutcome.CHOSEN_BY,
              outcome.bestEpoch(),
              outcome.bestScore(),
              steps,
              outcome.stepsDone(),
              start == null
                  ? whole != null || weights != null
                  : start.outcome().pretrainedEncoder(),
              statistics.absent(training.network().tasks(classes).outputs())));
    }
  }

  private Trainer.Validator validator(NDManager base, EpochPictures pictures) {
    Network network = training.network();
    Evaluator evaluator = new Evaluator(network, classes);
    return new Trainer.Validator() {
      @Override
      public Trainer.Verdict validate(GraphModule module) {
        Trainer.Verdict verdict =
            Evaluator.verdict(
                evaluator.measure(module, base, validation, Figures.VALIDATION),
                training.validation().weights());
        try {
          pictures.look(module, base);
        } catch (RuntimeException e) {
          LOG.warn("the pictures of {} could not be made: {}", name, e.toString());
        }
        return verdict;
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

  /** Networks of one task each, by the task's id; they live in the manager. */
  private Map<String, GraphModule> teachers(NDManager base) throws IOException {
    Map<String, GraphModule> loaded = new LinkedHashMap<>();
    for (NetworkCheckpoint each : teachers) {
      Task task = each.network().tasks(classes).outputs().get(0);
      loaded.put(task.id(), each.load(base, classes));
    }
    return loaded;
  }

  private TrainingPlan plan(DataStatistics statistics, Map<String, GraphModule> teachers) {
    return new TrainingPlan(
        TrainingBatches.of(training, classes, graph, seed, data, statistics),
        training.epochs(),
        training.maxSteps(),
        training.losses().balancedBy(training.balance()),
        training.auxiliaries(),
        teachers,
        training.optimiser(),
        training.schedule(),
        training.network().frozen(),
        training.checkpointEverySteps(),
        training.validation().everyEpochs(),
        training.loaderThreads(),
        training.ema() == null ? 0 : training.ema());
  }
}
