package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.model.BundleManifest.Intrinsics;
import dev.tarsier.trainer.dataset.Augmentation;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.network.Architecture;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.Extra;
import dev.tarsier.trainer.network.Fusion;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.network.Ports;
import dev.tarsier.trainer.objective.Losses;
import dev.tarsier.trainer.pseudolabel.PseudoLabelOptions;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.Depth;
import dev.tarsier.trainer.task.FormerMetricNames;
import dev.tarsier.trainer.task.NetworkTasks;
import dev.tarsier.trainer.task.Segmentation;
import dev.tarsier.trainer.task.Task;
import dev.tarsier.trainer.task.TaskName;
import dev.tarsier.trainer.task.TaskType;
import dev.tarsier.trainer.task.Tasks;
import dev.tarsier.trainer.training.Adam;
import dev.tarsier.trainer.training.Schedule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * What a recipe file says: the whole chain from data to bundle. Keys are the components' names in
 * snake_case; {@code docs/recipes.md} lists them.
 *
 * <p>A file may have a section {@code common} besides, with what teacher and student have in
 * common: its values stand where the two say nothing. What is said nowhere has the value of {@link
 * #TRAINING}, {@link PseudoLabelOptions#FAITHFUL} or {@link #EXPORT}.
 *
 * @param name of the run and of its bundle: letters, digits, dot, dash and underscore
 * @param seed of all that is random; an ensemble's teachers have this one and those after it, where
 *     their section says no other
 * @param classes which classes there are, such as {@code nyu13}
 * @param teacher the network that sees more than the robot will; null for none
 * @param pseudoLabels what the teacher is asked to label; null for nothing
 * @param student the network that ships; null for none
 * @param export its bundle
 * @param evaluation what the finished networks are judged on besides
 */
public record Recipe(
    String name,
    long seed,
    String classes,
    Training teacher,
    PseudoLabelOptions pseudoLabels,
    Training student,
    Export export,
    Evaluation evaluation) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  /** What a section says of more than the steps of one training. */
  static final Set<String> AROUND =
      Set.of(
          "trained",
          "ensemble",
          "first_seed",
          "precise_batch_norm",
          "logit_adjustment",
          "fine_tuning");

  /** Checks that the sections fit together. */
  public Recipe {
    if (name == null || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name must be letters, digits, dots, dashes and underscores, got '%s'".formatted(name));
    }
    ClassSet.of(classes);
    if (teacher == null && student == null) {
      throw new IllegalArgumentException("a recipe needs a student, a teacher, or both");
    }
    RecipeChecks.teacher(teacher, pseudoLabels);
    RecipeChecks.pseudoLabels(pseudoLabels, teacher, student);
    RecipeChecks.student(student, pseudoLabels, export);
    RecipeChecks.plain("evaluation.data", evaluation.data());
    RecipeChecks.depthUnit("teacher", teacher, pseudoLabels, evaluation);
    RecipeChecks.depthUnit("student", student, pseudoLabels, evaluation);
    RecipeChecks.use(teacher, student, pseudoLabels, export);
    RecipeChecks.models(teacher, export);
  }

  /** The classes. */
  public ClassSet classSet() {
    return ClassSet.of(classes);
  }

  /**
   * The camera of all that the student learns from, for images of a size in pixels; none where the
   * data does not say, or says several.
   */
  Optional<Intrinsics> camera(int width, int height) {
    List<DataSet> all = new ArrayList<>(student.data());
    all.removeIf(PseudoLabelled.class::isInstance);
    if (pseudoLabels != null) {
      all.addAll(pseudoLabels.data());
    }
    List<Optional<Intrinsics>> cameras =
        all.stream().map(each -> each.camera(width, height)).distinct().toList();
    return cameras.size() == 1 ? cameras.get(0) : Optional.empty();
  }

  /**
   * How many steps the trainings of this recipe have, by what they are. Trainings of two recipes
   * whose keys are equal are one and the same. Of a fine-tuning over data of unknown length it is
   * not known, and said to be 0.
   */
  public Map<Object, Long> steps() {
    Map<Object, Long> steps = new LinkedHashMap<>();
    trainings().values().forEach(each -> steps.put(each.key(), each.steps()));
    return steps;
  }

  /**
   * One training of a recipe.
   *
   * @param key equal for trainings that are one and the same
   * @param steps of it; 0 where they are not known
   */
  public record Planned(Object key, long steps) {}

  /** The trainings of this recipe by their stage's name, in their order. */
  public Map<String, Planned> trainings() {
    return Chain.trainings(this);
  }

  /** The seeds of the teachers that it trains, in their order; empty where it trains none. */
  public List<Long> teacherSeeds() {
    if (teacher == null || !teacher.trained().isEmpty()) {
      return List.of();
    }
    long first = teacher.firstSeed() == 0 ? seed : teacher.firstSeed();
    return LongStream.range(first, first + teacher.ensemble()).boxed().toList();
  }

  /** The hash of what it means, which comments and layout do not change. */
  String sha256() {
    return Canonical.sha256(Canonical.tree(this));
  }

  /** The same with a teacher of another kind. */
  Recipe withTeacher(Training other) {
    return new Recipe(name, seed, classes, other, pseudoLabels, student, export, evaluation);
  }

  /**
   * The training of one network, or of several that differ in their seed.
   *
   * @param trained folders of teachers that are trained already, in place of training them here;
   *     the network is theirs; only for teachers
   * @param ensemble how many; more than one only for teachers
   * @param firstSeed of the first of them, the others have those after it; 0 for the recipe's; only
   *     for teachers
   * @param network what is trained
   * @param data what it is trained on
   * @param validation what it is judged by
   * @param augmentation how training frames are varied
   * @param losses what is minimised
   * @param classBalance 0 to 1: a class's weight is its share of pixels to the power of minus this,
   *     scaled so that the mean over pixels is 1
   * @param preciseBatchNorm once trained, batch normalisation's statistics are measured anew over
   *     so many batches; 0 for those that the training left; see {@link
   *     dev.tarsier.trainer.training.PreciseBatchNorm}
   * @param logitAdjustment 0 to 2, τ: once trained, the logit of a class is lowered by τ times the
   *     logarithm of its share of pixels; see {@link LogitAdjustment}
   * @param optimiser how weights move
   * @param schedule of the learning rates
   * @param batch frames in a step
   * @param cropHeight of training images; 0 for the network's height
   * @param cropWidth of training images; 0 for the network's width
   * @param epochs passes over the data
   * @param maxSteps at most so many steps; 0 for no limit
   * @param fineTuning trainings that come after these steps, in their order
   * @param checkpointEverySteps besides the one after each epoch
   * @param loaderThreads that prepare batches
   */
  public record Training(
      List<String> trained,
      int ensemble,
      long firstSeed,
      Network network,
      List<DataSet> data,
      Validation validation,
      Augmentation augmentation,
      Losses losses,
      double classBalance,
      int preciseBatchNorm,
      double logitAdjustment,
      Optimiser optimiser,
      Schedule schedule,
      int batch,
      int cropHeight,
      int cropWidth,
      int epochs,
      long maxSteps,
      List<FineTuning> fineTuning,
      int checkpointEverySteps,
      int loaderThreads) {
    /** Checks the ranges. */
    public Training {
      trained = List.copyOf(trained);
      data = List.copyOf(data);
      fineTuning = List.copyOf(fineTuning);
      if (ensemble < 1 || ensemble > 16) {
        throw new IllegalArgumentException("ensemble must be 1 to 16, got " + ensemble);
      }
      if (firstSeed < 0) {
        throw new IllegalArgumentException("first_seed must be >= 0, got " + firstSeed);
      }
      if (!(classBalance >= 0 && classBalance <= 1)) {
        throw new IllegalArgumentException("class_balance must be 0 to 1, got " + classBalance);
      }
      if (preciseBatchNorm < 0 || preciseBatchNorm > 100_000) {
        throw new IllegalArgumentException(
            "precise_batch_norm is a number of batches, 0 to 100000, got " + preciseBatchNorm);
      }
      if (!(logitAdjustment >= 0 && logitAdjustment <= 2)) {
        throw new IllegalArgumentException(
            "logit_adjustment must be 0 to 2, got " + logitAdjustment);
      }
      if (logitAdjustment > 0 && !network.has(Segmentation.ID)) {
        throw new IllegalArgumentException(
            "logit_adjustment is for classes; add classes to network.heads, or leave it out");
      }
      if (batch < 1) {
        throw new IllegalArgumentException("batch must be >= 1, got " + batch);
      }
      if (epochs < 1 || maxSteps < 0 || checkpointEverySteps < 1 || loaderThreads < 1) {
        throw new IllegalArgumentException(
            ("epochs, checkpoint_every_steps and loader_threads must be >= 1 and max_steps >= 0,"
                    + " got %d, %d, %d and %d")
                .formatted(epochs, checkpointEverySteps, loaderThreads, maxSteps));
      }
      RecipeChecks.scale(data, augmentation);
      RecipeChecks.crop("crop_height", cropHeight, network.height());
      RecipeChecks.crop("crop_width", cropWidth, network.width());
      FineTuning.after(network, fineTuning);
      for (FineTuning each : fineTuning) {
        RecipeChecks.scale(data, each.varied(augmentation));
      }
    }

    /** The same with a network that is trained already, to which nothing more is done. */
    Training withNetwork(Network other) {
      return with(other, augmentation, 0, 0, optimiser, epochs, maxSteps);
    }

    /**
     * One of the trainings that go on after this one.
     *
     * @param number in {@link #fineTuning}, from 0
     */
    Training fineTuned(int number) {
      FineTuning tuning = fineTuning.get(number);
      return with(
          FineTuning.after(network, fineTuning.subList(0, number + 1)),
          tuning.varied(augmentation),
          preciseBatchNorm,
          logitAdjustment,
          optimiser.times(tuning.rateFactor()),
          tuning.epochs(),
          0);
    }

    /** The network as it is in the end. */
    public Network finalNetwork() {
      return FineTuning.after(network, fineTuning);
    }

    /** The same frames and losses, and nothing after it; images are not cropped. */
    private Training with(
        Network network,
        Augmentation augmentation,
        int preciseBatchNorm,
        double logitAdjustment,
        Optimiser optimiser,
        int epochs,
        long maxSteps) {
      return new Training(
          trained,
          ensemble,
          firstSeed,
          network,
          data,
          validation,
          augmentation,
          losses,
          classBalance,
          preciseBatchNorm,
          logitAdjustment,
          optimiser,
          schedule,
          batch,
          0,
          0,
          epochs,
          maxSteps,
          List.of(),
          checkpointEverySteps,
          loaderThreads);
    }
  }

  /**
   * A further training of the same data that begins with the best epoch of what came before, most
   * often for larger images: a network that has learned from small ones learns large ones in a
   * fraction of the steps (progressive resizing). The learning rates' schedule begins anew.
   *
   * @param epochs of it, ≥ 1
   * @param height of the network's input from then on; null for as it was
   * @param width of the network's input from then on; null for as it was
   * @param rateFactor the first training's learning rates are multiplied by it; 0.2 when null
   * @param minScale smallest magnification in it; null for the first training's
   * @param maxScale largest magnification in it; null for the first training's. Little
   *     magnification lets a network learn things last at the size that it will see them in
   *     (Touvron et al., "Fixing the train-test resolution discrepancy", 2019)
   */
  public record FineTuning(
      Integer epochs,
      Integer height,
      Integer width,
      Double rateFactor,
      Double minScale,
      Double maxScale) {
    /** Fills in and checks the ranges. */
    public FineTuning {
      rateFactor = rateFactor == null ? 0.2 : rateFactor;
      if (epochs == null || epochs < 1) {
        throw new IllegalArgumentException("epochs must be given and >= 1, got " + epochs);
      }
      if (!(rateFactor > 0 && rateFactor <= 1)) {
        throw new IllegalArgumentException(
            "rate_factor must be above 0 and at most 1, got " + rateFactor);
      }
    }

    /** An augmentation as it is from then on. */
    Augmentation varied(Augmentation augmentation) {
      return augmentation.withScales(
          minScale == null ? augmentation.minScale() : minScale,
          maxScale == null ? augmentation.maxScale() : maxScale);
    }

    /** A network as it is after these. */
    static Network after(Network network, List<FineTuning> all) {
      Network now = network;
      for (FineTuning each : all) {
        now =
            now.resized(
                each.height() == null ? now.height() : each.height(),
                each.width() == null ? now.width() : each.width());
      }
      return now;
    }
  }

  /**
   * A network. In a recipe, the architecture's {@code kind} and settings are keys beside the
   * others.
   *
   * @param architecture how it is put together; null for {@link Edge} with its defaults
   * @param height of its input, ≥ 32
   * @param width of its input, ≥ 32
   * @param heads which tasks, such as {@code classes} and {@code depth}
   * @param extra what it is given besides the image; only an image is what a robot has
   * @param fusion where that joins the image
   * @param maxDepthMetres the farthest it can say
   * @param encoderWeights safetensors to start the encoder from; empty to start from nothing
   * @param encoderWeightsOptional whether to start from nothing where that file is absent
   * @param frozen prefixes of layers that do not learn
   */
  @JsonSerialize(using = NetworkSection.Writer.class)
  @JsonDeserialize(using = NetworkSection.Reader.class)
  public record Network(
      @JsonIgnore Architecture architecture,
      int height,
      int width,
      List<TaskName> heads,
      Extra extra,
      Fusion fusion,
      double maxDepthMetres,
      String encoderWeights,
      boolean encoderWeightsOptional,
      List<String> frozen) {
    /** Checks the sizes. */
    public Network {
      architecture = architecture == null ? new Edge() : architecture;
      heads = List.copyOf(heads);
      frozen = List.copyOf(frozen);
      if (height < 32 || width < 32) {
        throw new IllegalArgumentException(
            "height and width must be >= 32, got %d and %d".formatted(height, width));
      }
      if (heads.isEmpty()) {
        throw new IllegalArgumentException(
            "heads must be one or more of " + Tasks.all().stream().map(TaskName::new).toList());
      }
    }

    /**
     * Whether it does this.
     *
     * @param task its id
     */
    public boolean has(String task) {
      return heads.stream().anyMatch(head -> head.type().id().equals(task));
    }

    /** Its layers. */
    public LayerGraph graph(ClassSet classes) {
      return architecture.graph(ports(classes));
    }

    /** What it sees and says. */
    Ports ports(ClassSet classes) {
      return tasks(classes).ports(fusion);
    }

    /** What it does. */
    public NetworkTasks tasks(ClassSet classes) {
      TaskType.Settings settings = new TaskType.Settings(classes, maxDepthMetres);
      List<Task> outputs = new ArrayList<>();
      heads.forEach(head -> outputs.add(head.type().create(settings)));
      return new NetworkTasks(
          outputs,
          switch (extra) {
            case NONE -> List.of();
            case DEPTH -> List.of(Tasks.of(Depth.ID).create(settings));
            case LABELS -> List.of(Tasks.of(Segmentation.ID).create(settings));
          });
    }

    /**
     * Starts its encoders from weights learned elsewhere.
     *
     * @param module of its layers. Modified.
     * @param file safetensors with the published names
     * @return how many tensors were loaded
     * @throws IOException if the file cannot be read or does not fit
     */
    int loadEncoders(GraphModule module, Path file, ClassSet classes) throws IOException {
      return architecture.loadEncoders(module, file, ports(classes));
    }

    /** The same for images of another size. */
    Network resized(int height, int width) {
      return with(architecture, height, width);
    }

    /** The same of another architecture. */
    Network with(Architecture architecture) {
      return with(architecture, height, width);
    }

    private Network with(Architecture architecture, int height, int width) {
      return new Network(
          architecture,
          height,
          width,
          heads,
          extra,
          fusion,
          maxDepthMetres,
          encoderWeights,
          encoderWeightsOptional,
          frozen);
    }
  }

  /**
   * How checkpoints are judged.
   *
   * @param data what they are judged on; none of it may be trained on
   * @param everyEpochs how often
   * @param score weights of the figures of the first data set that is there; the checkpoint with
   *     the highest sum is the best
   */
  public record Validation(List<DataSet> data, int everyEpochs, Map<String, Double> score) {
    /** Copies. */
    public Validation {
      data = List.copyOf(data);
      // As metrics were called first: the hashes of trainings stand over these names.
      score =
          score.entrySet().stream()
              .collect(
                  Collectors.toUnmodifiableMap(
                      each -> FormerMetricNames.former(each.getKey()), Map.Entry::getValue));
      if (everyEpochs < 1) {
        throw new IllegalArgumentException("every_epochs must be >= 1, got " + everyEpochs);
      }
      RecipeChecks.score(current(score));
    }

    /** The weights by metric. */
    Map<String, Double> weights() {
      return current(score);
    }

    private static Map<String, Double> current(Map<String, Double> score) {
      return score.entrySet().stream()
          .collect(
              Collectors.toUnmodifiableMap(
                  each -> FormerMetricNames.current(each.getKey()), Map.Entry::getValue));
    }
  }

  /**
   * Adam and its groups.
   *
   * @param kind ADAMW or ADAM
   * @param learningRate of all parameters that no group names
   * @param groups other learning rates, by prefix of the parameters' names
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param epsilon added to the root of the second moment
   * @param weightDecay decoupled for ADAMW, in the gradient for ADAM
   * @param clipNorm longest gradient; 0 for no limit
   */
  public record Optimiser(
      Decay kind,
      double learningRate,
      List<Adam.Group> groups,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      double clipNorm) {
    /** The two forms of weight decay. */
    public enum Decay {
      /** Loshchilov and Hutter. */
      ADAMW,
      /** Kingma and Ba. */
      ADAM
    }

    /** Copies. */
    public Optimiser {
      groups = List.copyOf(groups);
    }

    /** The same with all learning rates multiplied. */
    Optimiser times(double factor) {
      return new Optimiser(
          kind,
          learningRate * factor,
          groups.stream()
              .map(each -> new Adam.Group(each.prefix(), each.learningRate() * factor))
              .toList(),
          beta1,
          beta2,
          epsilon,
          weightDecay,
          clipNorm);
    }
  }

  /**
   * What is written for use outside the trainer.
   *
   * @param enabled whether the student's bundle is written
   * @param version of the bundle
   * @param goldenFrames rendered frames it carries for the self-test, 1 to 16
   * @param teachers whether each teacher is written as a plain ONNX file, to label with elsewhere
   */
  public record Export(boolean enabled, String version, int goldenFrames, boolean teachers) {
    /** Checks the range. */
    public Export {
      if (version == null || version.isBlank()) {
        throw new IllegalArgumentException("version must not be empty");
      }
      if (goldenFrames < 1 || goldenFrames > 16) {
        throw new IllegalArgumentException("golden_frames must be 1 to 16, got " + goldenFrames);
      }
    }
  }

  /**
   * Data sets that finished networks are judged on for the record; nothing is chosen by them.
   *
   * @param data the data sets, besides those of validation
   */
  public record Evaluation(List<DataSet> data) {
    /** Copies. */
    public Evaluation {
      data = List.copyOf(data);
    }
  }

  /** A training where a recipe says nothing. It has no data: that is for the recipe to say. */
  public static final Training TRAINING =
      new Training(
          List.of(),
          1,
          0,
          new Network(
              new Edge(),
              240,
              320,
              List.of(TaskName.of(Segmentation.ID), TaskName.of(Depth.ID)),
              Extra.NONE,
              Fusion.FEATURES,
              10,
              "",
              false,
              List.of()),
          List.of(),
          new Validation(List.of(), 1, Map.of("miou", 1.0, "depth_rmse", -0.25)),
          Augmentation.STANDARD,
          Losses.of(Map.of("classes_weight", 1.0, "depth_weight", 1.0, "depth", "l1")),
          0,
          0,
          0,
          new Optimiser(Optimiser.Decay.ADAMW, 1e-3, List.of(), 0.9, 0.999, 1e-8, 1e-2, 0),
          new Schedule(Schedule.Kind.COSINE, 50, 0, 0.9, 1, 1),
          8,
          0,
          0,
          1,
          0,
          List.of(),
          200,
          1);

  /** A bundle where a recipe says nothing. */
  public static final Export EXPORT = new Export(true, "1", 4, false);

  /** A recipe's file: a recipe, and what its trainings have in common. */
  record Document(
      String name,
      long seed,
      String classes,
      Training common,
      Training teacher,
      PseudoLabelOptions pseudoLabels,
      Training student,
      Export export,
      Evaluation evaluation) {
    /** Fits together, once {@code common} is known; checked where that is so. */
    Recipe recipe() {
      return new Recipe(name, seed, classes, teacher, pseudoLabels, student, export, evaluation);
    }

    static Document over(Training training, JsonNode given) {
      return new Document(
          "unnamed",
          1,
          ClassSet.NYU_13.id(),
          training,
          given.hasNonNull("teacher") ? training : null,
          given.hasNonNull("pseudo_labels") ? PseudoLabelOptions.FAITHFUL : null,
          given.hasNonNull("student") ? training : null,
          EXPORT,
          new Evaluation(List.of()));
    }
  }

  /** A recipe's file of which only {@code common} is looked at: the rest needs it to make sense. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Common(Training common) {
    static Training of(String yaml, String source) {
      return StrictYaml.parse(yaml, source, new Common(TRAINING)).common();
    }
  }

  /**
   * Reads a recipe.
   *
   * @throws ConfigException if it cannot be read, or says what no recipe can say; the message names
   *     file, line and key
   */
  public static Recipe read(Path file) {
    try {
      return parse(Files.readString(file, StandardCharsets.UTF_8), file.toString());
    } catch (NoSuchFileException e) {
      throw new ConfigException("%s: there is no such file".formatted(file), e);
    } catch (IOException e) {
      throw new ConfigException("%s: cannot be read: %s".formatted(file, e), e);
    }
  }

  /**
   * As {@link #read}, from text.
   *
   * @param source what to call the text in messages, such as its file name
   */
  public static Recipe parse(String yaml, String source) {
    JsonNode given = StrictYaml.parse(yaml, source, JsonNode.class);
    Training common = given.hasNonNull("common") ? Common.of(yaml, source) : TRAINING;
    Document document = StrictYaml.parse(yaml, source, Document.over(common, given));
    try {
      return document.recipe();
    } catch (IllegalArgumentException e) {
      throw new ConfigException(source + ": " + e.getMessage(), e);
    }
  }

  /** This recipe as YAML that says everything; {@link #parse} reads it back. */
  public String yaml() {
    return StrictYaml.write(this);
  }
}
