package dev.tarsier.trainer.recipe;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.ProductVersion;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.dataset.ContentHash;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.engine.InstructionSet;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.network.PyTorch;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.RunFolder;
import dev.tarsier.trainer.run.StageFolder;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.training.TrainingException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs a recipe from its data to its bundle. Its folder:
 *
 * <pre>
 *   recipe.yaml   the recipe's text          run.json   stages, hashes, versions, data, figures
 *   stages/       the store, if no other is given
 *   teacher-1, pseudo-labels-1, student, bundle: links into the store
 * </pre>
 *
 * <p>One thread.
 */
public final class RecipeRun {
  private static final String SCHEMA = "tarsier.run/2";
  private static final String RECORD = "run.json";

  /**
   * What to run.
   *
   * @param recipe the recipe's file
   * @param out the run's folder; null for {@code runs/NAME}
   * @param store where stages lie; null for {@code stages} in the run's folder
   * @param resume go on with a run that is there, never begin one
   */
  public record Request(Path recipe, Path out, Path store, boolean resume) {}

  /**
   * What came of it.
   *
   * @param folder the run's
   * @param finished false when it was stopped; run again, it goes on where it stands
   * @param stoppedIn the stage in which it was stopped; empty when it was not
   * @param stepsDone of the last training that was done or found
   * @param teachers those that are trained, in order
   * @param pseudoLabels folders of those that are made, in the order of {@code pseudo_labels.data}
   * @param student the student, once trained
   * @param bundle the bundle's folder, once exported
   */
  public record Result(
      Path folder,
      boolean finished,
      String stoppedIn,
      long stepsDone,
      List<TrainedNetwork> teachers,
      List<Path> pseudoLabels,
      Optional<TrainedNetwork> student,
      Optional<Path> bundle) {
    /** Copies. */
    public Result {
      teachers = List.copyOf(teachers);
      pseudoLabels = List.copyOf(pseudoLabels);
    }
  }

  private final Recipe recipe;
  private final String text;
  private final RunFolder run;
  private final StageStore store;
  private final StopSignal stop;
  private final RecipeListener listener;
  private final ObjectNode record = Json.object();
  private final ArrayNode stages = Json.array();
  private String stoppedIn = "";

  private RecipeRun(
      Recipe recipe,
      String text,
      RunFolder run,
      StageStore store,
      StopSignal stop,
      RecipeListener listener) {
    this.recipe = recipe;
    this.text = text;
    this.run = run;
    this.store = store;
    this.stop = stop;
    this.listener = listener;
  }

  /**
   * Runs a recipe's file and tells of it.
   *
   * @param request what to run
   * @param stop asks it to stop after the step it is in
   * @param out where progress is told
   * @param terminal whether a progress bar can be drawn there
   * @throws ConfigException if the recipe is wrong
   * @throws DataException if its data is; the message names the stage
   * @throws IOException if the folder is in use, holds another recipe's run, cannot be written, or
   *     is not there to go on with
   * @throws ExportException if the bundle does not give what the network gives
   */
  public static Result run(Request request, StopSignal stop, PrintStream out, boolean terminal)
      throws IOException, InterruptedException, ExportException {
    Recipe recipe = Recipe.read(request.recipe());
    String text = Files.readString(request.recipe(), StandardCharsets.UTF_8);
    Path folder = request.out() != null ? request.out() : Path.of("runs", recipe.name());
    if (request.resume() && !Files.exists(folder)) {
      throw new IOException("there is no run in %s to go on with".formatted(folder));
    }
    Path store = request.store() != null ? request.store() : folder.resolve("stages");
    DataShelf shelf = new DataShelf(new PathResolver(request.recipe(), System.getenv()));
    try (PrintedRun printed = new PrintedRun(out, terminal)) {
      return run(recipe, text, folder, new StageStore(store), shelf, stop, printed);
    }
  }

  /**
   * Runs a recipe that is no file, or many of them over one store.
   *
   * @param recipe what to run
   * @param folder the run's
   * @param store where stages lie; runs may share one
   * @param shelf opens the data; runs one after the other may share one
   * @param stop asks it to stop after the step it is in
   * @param listener hears how it goes
   * @throws DataException if the data cannot be used; the message names the stage
   * @throws IOException if the folder is in use, holds another recipe's run, or cannot be written
   * @throws ExportException if the bundle does not give what the network gives
   */
  public static Result run(
      Recipe recipe,
      Path folder,
      StageStore store,
      DataShelf shelf,
      StopSignal stop,
      RecipeListener listener)
      throws IOException, InterruptedException, ExportException {
    return run(recipe, recipe.yaml(), folder, store, shelf, stop, listener);
  }

  private static Result run(
      Recipe recipe,
      String text,
      Path folder,
      StageStore store,
      DataShelf shelf,
      StopSignal stop,
      RecipeListener listener)
      throws IOException, InterruptedException, ExportException {
    try (RunFolder run = RunFolder.open(folder)) {
      RecipeRun made = new RecipeRun(recipe, text, run, store, stop, listener);
      made.requireOwnFolder();
      return made.go(new Chain(recipe, made.sha256(), shelf, listener, stop));
    }
  }

  private Result go(Chain chain) throws IOException, InterruptedException, ExportException {
    Planning planning = new Planning();
    chain.walk(planning);
    listener.planned(planning.chain);
    WholeFile.write(run.file("recipe.yaml"), text);
    describe();
    write("running");
    if (planning.trains) {
      try {
        chain.check();
      } catch (DataException e) {
        write("failed");
        throw e;
      }
    }
    Chain.Walked walked = chain.walk(new Making());
    record.set("data", walked.data());
    record.set("networks", networks(walked));
    walked
        .student()
        .ifPresent(
            student ->
                record
                    .put("steps_done", student.steps())
                    .putObject("best")
                    .put("epoch", student.bestEpoch())
                    .put("score", student.bestScore()));
    record.put("ended", Instant.now().toString());
    boolean finished = stoppedIn.isEmpty();
    write(!finished ? "stopped" : walked.bundle().isPresent() ? "exported" : "trained");
    return new Result(
        run.path(),
        finished,
        stoppedIn,
        walked.stepsDone(),
        walked.teachers(),
        walked.pseudoLabels(),
        walked.student(),
        walked.bundle());
  }

  /** What comments and layout do not change. */
  private String sha256() {
    return Canonical.sha256(Canonical.tree(recipe));
  }

  private void requireOwnFolder() throws IOException {
    Path file = run.file(RECORD);
    if (!Files.exists(file)) {
      return;
    }
    JsonNode before = Json.read(file);
    if (!before.path("schema").asText().equals(SCHEMA)) {
      throw new IOException(
          "%s was made by another version of Tarsier (%s); choose another folder with --out"
              .formatted(run.path(), before.path("schema").asText()));
    }
    if (!before.path("name").asText().equals(recipe.name())) {
      throw new IOException(
          "%s holds the run of recipe '%s', not of '%s'; choose another folder with --out"
              .formatted(run.path(), before.path("name").asText(), recipe.name()));
    }
  }

  private void describe() {
    record.put("schema", SCHEMA);
    record.put("name", recipe.name());
    record.put("recipe_sha256", sha256());
    record.put("recipe_text_sha256", ContentHash.of(text.getBytes(StandardCharsets.UTF_8)));
    record.put("recipe", text);
    record.put("seed", recipe.seed());
    record.put("begun", Instant.now().toString());
    record.set("versions", versions());
    record.put("threads", JniUtils.getNumThreads());
    record.put("device", PyTorch.device().toString());
    record.put("instructions", InstructionSet.describe());
    record.put("store", relative(store.root()));
    record.set("stages", stages);
  }

  private static ObjectNode versions() {
    ObjectNode versions = Json.object();
    versions.put("tarsier", ProductVersion.text());
    versions.put("pytorch", Engine.getEngine("PyTorch").getVersion());
    versions.put("java", System.getProperty("java.version"));
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return versions;
  }

  private void write(String state) throws IOException {
    record.put("state", state);
    Json.write(run.file(RECORD), record);
  }

  private static ArrayNode networks(Chain.Walked walked) {
    ArrayNode networks = Json.array();
    List<TrainedNetwork> all = new ArrayList<>(walked.teachers());
    walked.student().ifPresent(all::add);
    for (TrainedNetwork each : all) {
      networks
          .addObject()
          .put("name", each.name())
          .put("seed", each.seed())
          .put("checkpoint_sha256", each.checkpointSha256())
          .put("chosen_by", "validation score")
          .put("best_epoch", each.bestEpoch())
          .put("best_score", each.bestScore())
          .put("steps", each.steps())
          .put("seconds", each.seconds())
          .set("figures", Canonical.tree(each.figures()));
    }
    return networks;
  }

  private String relative(Path path) {
    return run.path()
        .toAbsolutePath()
        .normalize()
        .relativize(path.toAbsolutePath().normalize())
        .toString();
  }

  /** Finds out how the stages stand, and does nothing. */
  private final class Planning implements Chain.Pass {
    private final List<RecipeListener.Planned> chain = new ArrayList<>();

    /** Whether a training is not finished, or may not be. */
    private boolean trains;

    @Override
    public Optional<JsonNode> stage(String name, StageStore.Stage stage, Chain.Maker maker)
        throws IOException {
      trains |=
          stage.kind().equals(TrainingStage.KIND)
              && store.record(stage).filter(StageStore::finished).isEmpty();
      chain.add(new RecipeListener.Planned(name, store.state(stage), store.folder(stage)));
      return store.record(stage).filter(StageStore::finished);
    }

    @Override
    public void later(String name) {
      trains = true;
      chain.add(new RecipeListener.Planned(name, StageStore.State.LATER, null));
    }

    @Override
    public Path folder(StageStore.Stage stage) {
      return store.folder(stage);
    }
  }

  /** Makes the stages that are not there. */
  private final class Making implements Chain.Pass {
    @Override
    public Optional<JsonNode> stage(String name, StageStore.Stage stage, Chain.Maker maker)
        throws IOException, InterruptedException, ExportException {
      Optional<JsonNode> found =
          store.record(stage).filter(StageStore::finished).map(JsonNode.class::cast);
      if (found.isPresent()) {
        return Optional.of(done(name, stage, found.get(), true));
      }
      try (StageFolder folder = store.take(stage, stop, listener::said).orElse(null)) {
        if (folder == null) {
          stoppedIn = stoppedIn.isEmpty() ? name : stoppedIn;
          return Optional.empty();
        }
        if (folder.finished()) {
          return Optional.of(done(name, stage, folder.record(), true));
        }
        folder.begin(versions());
        link(name, stage);
        listener.began(name, folder.path());
        Optional<ObjectNode> outcome = make(name, maker, folder);
        if (outcome.isEmpty()) {
          folder.stopped();
          stoppedIn = stoppedIn.isEmpty() ? name : stoppedIn;
          return Optional.empty();
        }
        folder.finish(outcome.get());
        return Optional.of(done(name, stage, folder.record(), false));
      }
    }

    private Optional<ObjectNode> make(String name, Chain.Maker maker, StageFolder folder)
        throws IOException, InterruptedException, ExportException {
      boolean ended = false;
      try {
        Optional<ObjectNode> outcome = maker.make(folder);
        ended = true;
        return outcome;
      } catch (DataException e) {
        throw new DataException(name + ": " + e.getMessage(), e);
      } catch (TrainingException e) {
        throw new TrainingException(name + ": " + e.getMessage(), e);
      } finally {
        if (!ended) {
          failed(folder);
        }
      }
    }

    private void failed(StageFolder folder) {
      try {
        folder.failed();
        write("failed");
      } catch (IOException e) {
        // A full disk, most likely; what the stage itself died of is what people must read.
        listener.said("that it failed could not be written down: " + e.getMessage());
      }
    }

    private JsonNode done(String name, StageStore.Stage stage, JsonNode made, boolean found)
        throws IOException {
      link(name, stage);
      ObjectNode node = stages.addObject();
      node.put("name", name).put("stage", stage.kind()).put("key", stage.key());
      node.put("folder", relative(store.folder(stage))).put("found", found);
      node.set("begun", made.path("begun"));
      node.set("ended", made.path("ended"));
      node.set("seconds", made.path("seconds"));
      node.set("outcome", made.path("outcome"));
      write("running");
      listener.finished(name, store.folder(stage), found);
      return made;
    }

    @Override
    public void later(String name) {
      // The stage before it was stopped, and so is this one.
    }

    @Override
    public Path folder(StageStore.Stage stage) {
      return store.folder(stage);
    }
  }

  /** Puts a stage where people look for it. */
  private void link(String name, StageStore.Stage stage) throws IOException {
    Path target = store.folder(stage);
    if (stage.kind().equals(Chain.BUNDLE)) {
      target = BundleStage.bundle(target);
    }
    Path part = run.file(name + ".part");
    Files.deleteIfExists(part);
    try {
      Files.createSymbolicLink(part, Path.of(relative(target)));
      WholeFile.move(part, run.file(name));
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
