package dev.tarsier.trainer.recipe;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.trainer.dataset.BatchLoader;
import dev.tarsier.trainer.dataset.CachedSource;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Mixture;
import dev.tarsier.trainer.dataset.NyuClasses;
import dev.tarsier.trainer.evaluation.Evaluation;
import dev.tarsier.trainer.evaluation.Scores;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.export.ParityReport;
import dev.tarsier.trainer.network.Edge;
import dev.tarsier.trainer.network.EdgeOptions;
import dev.tarsier.trainer.network.GraphModule;
import dev.tarsier.trainer.network.WeightLoader;
import dev.tarsier.trainer.training.Adam;
import dev.tarsier.trainer.training.Checkpoint;
import dev.tarsier.trainer.training.Progress;
import dev.tarsier.trainer.training.RunFolder;
import dev.tarsier.trainer.training.StopSignal;
import dev.tarsier.trainer.training.Trainer;
import dev.tarsier.trainer.training.TrainingPlan;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs a recipe from its data to its bundle, in a folder of its own:
 *
 * <pre>
 *   recipe.yaml   the recipe's text           run.json   hashes, versions, data, state
 *   student/      checkpoints and logs        bundle/    what goes on the robot
 * </pre>
 *
 * <p>One thread.
 */
public final class RecipeRun {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> TRAINED = Set.of("trained", "exported");
  private static final int CLASSES = NyuClasses.NAMES_13.size();

  /**
   * What to run.
   *
   * @param recipe the recipe's file
   * @param out the run's folder; null for {@code runs/NAME}
   * @param resume whether to go on where the folder's run stands
   */
  public record Request(Path recipe, Path out, boolean resume) {}

  /**
   * What came of it.
   *
   * @param folder the run's
   * @param finished false when it was stopped; it can be continued
   * @param stepsDone training steps done in all
   */
  public record Result(Path folder, boolean finished, long stepsDone) {}

  private final Recipe recipe;
  private final byte[] text;
  private final Places places;
  private final PrintStream out;
  private final boolean terminal;

  private RecipeRun(Recipe recipe, byte[] text, Places places, PrintStream out, boolean terminal) {
    this.recipe = recipe;
    this.text = text;
    this.places = places;
    this.out = out;
    this.terminal = terminal;
  }

  /**
   * Runs it.
   *
   * @param request what to run
   * @param stop asks it to stop after the step it is in
   * @param out where progress is told
   * @param terminal whether a progress bar can be drawn there
   * @throws ConfigException if the recipe is wrong
   * @throws DataException if its data is
   * @throws IOException if the folder is in use, holds another run, or cannot be written
   * @throws ExportException if the bundle does not give what the network gives
   */
  public static Result run(Request request, StopSignal stop, PrintStream out, boolean terminal)
      throws IOException, InterruptedException, ExportException {
    Recipe recipe = Recipe.read(request.recipe());
    byte[] text = Files.readAllBytes(request.recipe());
    Places places = new Places(request.recipe(), System.getenv());
    Path folder = request.out() != null ? request.out() : Path.of("runs", recipe.name());
    try (RunFolder run = RunFolder.open(folder)) {
      return new RecipeRun(recipe, text, places, out, terminal).run(run, request.resume(), stop);
    }
  }

  private Result run(RunFolder run, boolean resume, StopSignal stop)
      throws IOException, InterruptedException, ExportException {
    Path file = run.file("run.json");
    boolean begun = Files.exists(file);
    if (begun && !resume) {
      throw new IOException(
          "%s holds a run already; continue it with --resume, or choose another folder with --out"
              .formatted(run.path()));
    }
    ObjectNode record = begun ? (ObjectNode) JSON.readTree(file.toFile()) : null;
    if (record != null) {
      requireSameRecipe(run, record);
    }
    boolean trained = record != null && TRAINED.contains(record.path("state").asText());
    Recipe.Student student = recipe.student();
    List<OpenedData> validation =
        OpenedData.open(student.validation().data(), student.network(), places, this::tell);
    if (validation.isEmpty()) {
      throw new DataException(
          "the recipe has no validation data that is there; the best checkpoint is chosen by it");
    }
    try (NDManager base = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        GraphModule module =
            GraphModule.create(Edge.student(edge(student.network())), base, recipe.seed())) {
      if (!trained) {
        record = train(run, record, module, base, validation, stop);
        trained = TRAINED.contains(record.path("state").asText());
      }
      if (trained && recipe.export().enabled()) {
        export(run, record, module, base, validation);
      }
    }
    return new Result(run.path(), trained, record.path("steps_done").asLong());
  }

  private ObjectNode train(
      RunFolder run,
      ObjectNode before,
      GraphModule module,
      NDManager base,
      List<OpenedData> validation,
      StopSignal stop)
      throws IOException, InterruptedException {
    Recipe.Student student = recipe.student();
    List<OpenedData> training =
        OpenedData.open(student.data(), student.network(), places, this::tell);
    if (training.isEmpty()) {
      throw new DataException("the recipe has no training data that is there");
    }
    ObjectNode record = describe(training, validation);
    if (before != null) {
      requireSameData(run, before, record);
      record.set("begun", before.path("begun"));
    }
    record.put("pretrained_encoder", pretrain(module));
    Files.write(run.file("recipe.yaml"), text);
    RunFolder.replaceJson(run.file("run.json"), record);
    render(training);
    render(validation);
    Path folder = run.file("student");
    TrainingPlan plan = plan(training, module, base);
    try (Progress progress = new Progress(out, terminal)) {
      Trainer.Listener listener = new DrawnProgress(progress, folder, recipe.name());
      Trainer.Validator judge = network -> verdict(judge(network, base, validation));
      Trainer.Outcome outcome = new Trainer(module, base, plan, folder, judge, listener).run(stop);
      record.put("state", outcome.finished() ? "trained" : "stopped");
      record.put("steps_done", outcome.stepsDone());
      if (outcome.bestEpoch() > 0) {
        record
            .putObject("best")
            .put("epoch", outcome.bestEpoch())
            .put("score", outcome.bestScore());
      }
    }
    RunFolder.replaceJson(run.file("run.json"), record);
    return record;
  }

  private void export(
      RunFolder run,
      ObjectNode record,
      GraphModule module,
      NDManager base,
      List<OpenedData> validation)
      throws IOException, ExportException {
    render(validation);
    refresh(record, validation);
    Checkpoint.readModel(Trainer.best(run.file("student")), module);
    List<BundleStage.Judged> judged = judge(module, base, validation);
    Path bundle = run.file("bundle");
    ParityReport parity = new BundleStage(recipe, record).run(module, judged, bundle);
    out.printf("Bundle %s; %s%n", bundle, parity);
    for (BundleStage.Judged each : judged) {
      out.printf("  %s: %s%n", each.data().source().name(), shortly(each.scores().values()));
    }
    record.put("state", "exported");
    record.put("bundle", "bundle");
    RunFolder.replaceJson(run.file("run.json"), record);
  }

  /** The figures of a bundle are of the validation data of today, which may be rendered anew. */
  private static void refresh(ObjectNode record, List<OpenedData> validation) {
    ArrayNode data = JSON.createArrayNode();
    for (JsonNode each : record.path("data")) {
      if (!each.path("use").asText().equals("validation")) {
        data.add(each);
      }
    }
    validation.forEach(each -> describe(data.addObject(), each, "validation"));
    record.set("data", data);
  }

  private static String shortly(Map<String, Double> values) {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (name, value) -> text.append(String.format(Locale.ROOT, " %s %.3f", name, value)));
    return text.toString().strip();
  }

  private void tell(String message) {
    out.println(message);
  }

  private ObjectNode describe(List<OpenedData> training, List<OpenedData> validation) {
    ObjectNode now = JSON.createObjectNode();
    now.put("schema", "tarsier.run/1");
    now.put("name", recipe.name());
    now.put("recipe_sha256", ContentHash.of(text));
    now.put("recipe", new String(text, StandardCharsets.UTF_8));
    now.put("seed", recipe.seed());
    now.put("begun", Instant.now().toString());
    now.put("state", "running");
    ObjectNode versions = now.putObject("versions");
    versions.put("tarsier", ProductVersion.text());
    versions.put("pytorch", Engine.getEngine("PyTorch").getVersion());
    versions.put("java", System.getProperty("java.version"));
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    now.put("threads", JniUtils.getNumThreads());
    ArrayNode data = now.putArray("data");
    training.forEach(each -> describe(data.addObject(), each, "training"));
    validation.forEach(each -> describe(data.addObject(), each, "validation"));
    return now;
  }

  private static void describe(ObjectNode node, OpenedData data, String use) {
    node.put("use", use)
        .put("name", data.source().name())
        .put("frames", data.source().size())
        .put("sha256", data.source().sha256());
  }

  private void requireSameRecipe(RunFolder run, JsonNode before) throws IOException {
    if (!before.path("recipe_sha256").asText().equals(ContentHash.of(text))) {
      throw new IOException(
          "the recipe is not the one %s was begun with (its text is in %s); run it in another"
                  .formatted(run.path(), run.file("recipe.yaml"))
              + " folder with --out");
    }
  }

  private static void requireSameData(RunFolder run, JsonNode before, JsonNode now)
      throws IOException {
    if (!before.path("data").equals(now.path("data"))) {
      throw new IOException(
          "the data is not what %s was begun with: it was %s, it is %s; begin again with --out"
              .formatted(run.path(), before.path("data"), now.path("data")));
    }
  }

  private void render(List<OpenedData> data) {
    for (OpenedData each : data) {
      if (each.source() instanceof CachedSource cached) {
        out.printf("Preparing %,d frames of %s%n", cached.size(), cached.name());
        AtomicInteger made = new AtomicInteger();
        int tenth = Math.max(1, cached.size() / 10);
        cached.fill(
            () -> {
              int n = made.incrementAndGet();
              if (cached.size() >= 200 && n % tenth == 0) {
                out.printf("  %,d of %,d%n", n, cached.size());
              }
            });
      }
    }
  }

  private static EdgeOptions edge(Recipe.Network network) {
    return new EdgeOptions(
        network.heads().contains(Recipe.Network.Head.CLASSES) ? CLASSES : 0,
        network.heads().contains(Recipe.Network.Head.DEPTH),
        network.encoder(),
        network.encoderWidth(),
        network.decoderWidth(),
        network.maxDepthMetres());
  }

  private boolean pretrain(GraphModule module) throws IOException {
    Recipe.Network network = recipe.student().network();
    if (network.encoderWeights().isEmpty()) {
      return false;
    }
    Optional<Path> file = places.find(network.encoderWeights());
    if (file.isEmpty()) {
      String message =
          "the encoder's weights %s are not there (looked in %s)"
              .formatted(network.encoderWeights(), places.tried(network.encoderWeights()));
      if (!network.encoderWeightsOptional()) {
        throw new IOException(
            message + "; get them, or set encoder_weights_optional: true to start from nothing");
      }
      tell(message + "; starting from nothing");
      return false;
    }
    int loaded = WeightLoader.load(module, file.get(), Edge.imageNetNames());
    out.printf("Encoder starts from %s (%d tensors)%n", file.get(), loaded);
    return true;
  }

  private TrainingPlan plan(List<OpenedData> training, GraphModule module, NDManager base) {
    Recipe.Student student = recipe.student();
    Recipe.Network network = student.network();
    List<Mixture.Part> parts = new ArrayList<>();
    for (OpenedData each : training) {
      int perEpoch = each.said().perEpoch();
      parts.add(new Mixture.Part(each.source(), perEpoch == 0 ? each.source().size() : perEpoch));
    }
    int height = student.cropHeight() == 0 ? network.height() : student.cropHeight();
    int width = student.cropWidth() == 0 ? network.width() : student.cropWidth();
    NDArray output = anyOutput(module, base, height, width);
    BatchLoader.Plan batches =
        new BatchLoader.Plan(
            new Mixture(parts),
            student.batch(),
            network.height(),
            network.width(),
            height,
            width,
            (int) output.getShape().get(2),
            (int) output.getShape().get(3),
            student.augmentation(),
            ClassWeights.of(training, CLASSES, student.classBalance()),
            recipe.seed());
    output.close();
    Recipe.Optimiser optimiser = student.optimiser();
    List<Adam.Group> groups = new ArrayList<>(optimiser.groups());
    groups.add(new Adam.Group("", optimiser.learningRate()));
    return new TrainingPlan(
        batches,
        student.epochs(),
        student.maxSteps(),
        student.losses(),
        new Adam.Settings(
            optimiser.beta1(),
            optimiser.beta2(),
            optimiser.epsilon(),
            optimiser.weightDecay(),
            optimiser.kind() == Recipe.Optimiser.Decay.ADAMW,
            optimiser.clipNorm()),
        groups,
        student.schedule(),
        network.frozen(),
        student.checkpointEverySteps(),
        student.validation().everyEpochs(),
        student.loaderThreads());
  }

  /** The targets must have the outputs' size, which the network decides. */
  private static NDArray anyOutput(GraphModule module, NDManager base, int height, int width) {
    try (NDManager work = base.newSubManager()) {
      NDArray image = work.zeros(new Shape(1, 3, height, width));
      NDArray output = module.forward(image, false).values().iterator().next();
      output.attach(base);
      return output;
    }
  }

  private List<BundleStage.Judged> judge(
      GraphModule module, NDManager base, List<OpenedData> validation) {
    Recipe.Network network = recipe.student().network();
    List<BundleStage.Judged> judged = new ArrayList<>();
    for (OpenedData each : validation) {
      Scores scores =
          Evaluation.of(
              module,
              base,
              each.source(),
              network.height(),
              network.width(),
              CLASSES,
              each.protocol());
      judged.add(new BundleStage.Judged(each, scores));
    }
    return judged;
  }

  private Trainer.Verdict verdict(List<BundleStage.Judged> judged) {
    Map<String, Map<String, Double>> metrics = new LinkedHashMap<>();
    for (BundleStage.Judged each : judged) {
      metrics.put(each.data().source().name(), each.scores().values());
    }
    return new Trainer.Verdict(score(judged.get(0).scores().values()), metrics);
  }

  private double score(Map<String, Double> values) {
    double sum = 0;
    boolean any = false;
    Map<String, Double> weights = recipe.student().validation().score();
    for (Map.Entry<String, Double> weight : weights.entrySet()) {
      Double value = values.get(weight.getKey());
      if (value != null) {
        sum += weight.getValue() * value;
        any = true;
      }
    }
    if (!any) {
      throw new DataException(
          "none of the figures %s of validation.score was measured; there are %s"
              .formatted(weights.keySet(), values.keySet()));
    }
    return sum;
  }
}
