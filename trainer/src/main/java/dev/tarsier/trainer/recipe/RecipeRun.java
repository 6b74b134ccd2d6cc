package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.Setting;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.file.WholeFile;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.RunFolder;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.run.StageFolder;
import dev.tarsier.trainer.run.StageRecord;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.training.TrainingException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

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
  /**
   * What to run.
   *
   * @param recipe the recipe's file
   * @param out the run's folder; null for {@code runs/NAME}
   * @param store where stages lie; null for {@code stages} in the run's folder
   * @param resume go on with a run that is there, never begin one
   * @param settings values that count instead of the recipe's
   */
  public record Request(Path recipe, Path out, Path store, boolean resume, List<Setting> settings) {
    /** Copies the settings. */
    public Request {
      settings = List.copyOf(settings);
    }

    /** The recipe's text; with settings, what it says with them. */
    private String text() throws IOException {
      String text = Files.readString(recipe, StandardCharsets.UTF_8);
      if (settings.isEmpty()) {
        return text;
      }
      String set = settings.stream().map(each -> " --set " + each).collect(Collectors.joining());
      JsonNode all = StrictYaml.parse(text, recipe.toString(), settings, JsonNode.class);
      return "# %s%s%n%s".formatted(recipe, set, StrictYaml.write(all));
    }
  }

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

  private final RunFolder run;
  private final StageStore store;
  private final StopSignal stop;
  private final RecipeListener listener;
  private final RunRecord.Header header;
  private final List<RunRecord.Made> stages = new ArrayList<>();
  private String stoppedIn = "";

  private RecipeRun(
      Recipe recipe,
      String text,
      RunFolder run,
      StageStore store,
      StopSignal stop,
      RecipeListener listener) {
    this.run = run;
    this.store = store;
    this.stop = stop;
    this.listener = listener;
    header = RunRecord.Header.of(recipe, text, relative(store.root()));
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
    Recipe recipe = Recipe.read(request.recipe(), request.settings());
    String text = request.text();
    Path folder = request.out() != null ? request.out() : Path.of("runs", recipe.name());
    if (request.resume() && !Files.exists(folder)) {
      throw new IOException("there is no run in %s to go on with".formatted(folder));
    }
    Path store = request.store() != null ? request.store() : folder.resolve("stages");
    DataSetRegistry dataSets =
        new DataSetRegistry(new PathResolver(request.recipe(), System.getenv()));
    try (PrintedRun printed = new PrintedRun(out, terminal)) {
      return run(recipe, text, folder, new StageStore(store), dataSets, stop, printed);
    }
  }

  /**
   * Runs a recipe that is no file, or many of them over one store.
   *
   * @param recipe what to run
   * @param folder the run's
   * @param store where stages lie; runs may share one
   * @param dataSets opens the data; runs one after the other may share one
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
      DataSetRegistry dataSets,
      StopSignal stop,
      RecipeListener listener)
      throws IOException, InterruptedException, ExportException {
    return run(recipe, recipe.yaml(), folder, store, dataSets, stop, listener);
  }

  private static Result run(
      Recipe recipe,
      String text,
      Path folder,
      StageStore store,
      DataSetRegistry dataSets,
      StopSignal stop,
      RecipeListener listener)
      throws IOException, InterruptedException, ExportException {
    try (RunFolder run = RunFolder.open(folder)) {
      RunRecord.requireOwn(run, recipe);
      Chain chain = Chain.of(recipe, dataSets.paths());
      return new RecipeRun(recipe, text, run, store, stop, listener)
          .go(chain, new ChainWalk(chain, dataSets, listener, stop));
    }
  }

  private Result go(Chain chain, ChainWalk walk)
      throws IOException, InterruptedException, ExportException {
    Planning planning = new Planning();
    walk.go(planning);
    listener.planned(planning.chain);
    WholeFile.write(run.file("recipe.yaml"), header.recipe());
    write("running");
    if (planning.trains) {
      try {
        walk.check();
      } catch (DataException e) {
        write("failed");
        throw e;
      }
    }
    walk.go(new Making());
    List<TrainedNetwork> teachers = found(chain.teachers(), walk);
    Optional<TrainedNetwork> student =
        chain.student().flatMap(walk::find).map(EvaluationStage.Measured::network);
    Optional<Path> bundle = chain.bundle().flatMap(walk::find);
    boolean finished = stoppedIn.isEmpty();
    write(
        !finished ? "stopped" : bundle.isPresent() ? "exported" : "trained",
        RunRecord.Ending.of(walk.data(), teachers, student));
    return new Result(
        run.path(),
        finished,
        stoppedIn,
        walk.stepsDone(),
        teachers,
        chain.pseudoLabels().stream()
            .flatMap(each -> walk.find(each).stream().flatMap(Optional::stream))
            .map(PseudoLabelStage.Labels::folder)
            .toList(),
        student,
        bundle);
  }

  private static List<TrainedNetwork> found(List<EvaluationStage> stages, ChainWalk walk) {
    return stages.stream()
        .flatMap(each -> walk.find(each).stream())
        .map(EvaluationStage.Measured::network)
        .toList();
  }

  private void write(String state) throws IOException {
    write(state, null);
  }

  private void write(String state, RunRecord.Ending ending) throws IOException {
    new RunRecord(header, stages, state, ending).write(run);
  }

  private String relative(Path path) {
    return run.path()
        .toAbsolutePath()
        .normalize()
        .relativize(path.toAbsolutePath().normalize())
        .toString();
  }

  /** Finds out how the stages stand, and does nothing. */
  private final class Planning implements ChainWalk.Pass {
    private final List<RecipeListener.Planned> chain = new ArrayList<>();

    /** Whether a training is not finished, or may not be. */
    private boolean trains;

    @Override
    public <O> Optional<StageStore.Made<O>> stage(
        String name, Stage<O> stage, ChainWalk.Maker<O> maker) throws IOException {
      StageStore.State state = store.state(stage);
      trains |= stage.kind().equals(TrainingJob.KIND) && state != StageStore.State.FINISHED;
      chain.add(new RecipeListener.Planned(name, state, store.folder(stage)));
      return store.find(stage);
    }

    @Override
    public void later(String name) {
      trains = true;
      chain.add(new RecipeListener.Planned(name, StageStore.State.LATER, null));
    }
  }

  /** Makes the stages that are not there. */
  private final class Making implements ChainWalk.Pass {
    @Override
    public <O> Optional<StageStore.Made<O>> stage(
        String name, Stage<O> stage, ChainWalk.Maker<O> maker)
        throws IOException, InterruptedException, ExportException {
      Optional<StageStore.Made<O>> found = store.find(stage);
      if (found.isPresent()) {
        done(name, stage, found.get().record(), true);
        return found;
      }
      try (StageFolder folder = store.take(stage, stop, listener::note).orElse(null)) {
        if (folder == null) {
          stoppedIn = stoppedIn.isEmpty() ? name : stoppedIn;
          return Optional.empty();
        }
        boolean madeElsewhere = folder.record().finished();
        if (!madeElsewhere) {
          folder.begin(header.versions());
          if (stage.kind().equals(BundleStage.KIND)) {
            // It is there when it is whole; another recipe's must not be taken for it meanwhile.
            Files.deleteIfExists(run.file(name));
          } else {
            link(name, stage);
          }
          listener.began(name, folder.path());
          Optional<O> outcome = make(name, maker, folder);
          if (outcome.isEmpty()) {
            folder.stopped();
            stoppedIn = stoppedIn.isEmpty() ? name : stoppedIn;
            return Optional.empty();
          }
          folder.finish(outcome.get());
        }
        done(name, stage, folder.record(), madeElsewhere);
        return Optional.of(store.made(stage, folder.record()));
      }
    }

    private <O> Optional<O> make(String name, ChainWalk.Maker<O> maker, StageFolder folder)
        throws IOException, InterruptedException, ExportException {
      boolean ended = false;
      try {
        Optional<O> outcome = maker.make(folder);
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
        listener.note("that it failed could not be written down: " + e.getMessage());
      }
    }

    private void done(String name, Stage<?> stage, StageRecord record, boolean found)
        throws IOException {
      link(name, stage);
      stages.add(RunRecord.Made.of(name, record, relative(store.folder(stage)), found));
      write("running");
      listener.finished(name, store.folder(stage), found);
    }

    @Override
    public void later(String name) {
      // The stage before it was stopped, and so is this one.
    }
  }

  /** Puts a stage where people look for it. */
  private void link(String name, Stage<?> stage) throws IOException {
    Path target = store.folder(stage);
    if (stage.kind().equals(BundleStage.KIND)) {
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
