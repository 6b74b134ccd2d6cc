package dev.tarsier.trainer.experiment;

import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.recipe.DataSetRegistry;
import dev.tarsier.trainer.recipe.Figures;
import dev.tarsier.trainer.recipe.PredictionSample;
import dev.tarsier.trainer.recipe.Recipe;
import dev.tarsier.trainer.recipe.RecipeRun;
import dev.tarsier.trainer.recipe.TrainedNetwork;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.RunFolder;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.training.TrainingException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the cells of a plan, one after the other; every cell that is there is left as it is.
 * Several processes may work at one experiment: each takes cells that no other is at. Stages lie in
 * a store, so that rows which share a teacher share its training, and what was begun goes on.
 *
 * <p>One thread.
 */
public final class TableRun {
  private static final long WAIT_MILLIS = 5000;

  /**
   * What to run.
   *
   * @param plan rows, seeds and their recipes
   * @param file the study's, from where relative paths are looked for
   * @param out the experiment's folder
   * @param store where stages lie
   */
  public record Request(Plan plan, Path file, Path out, Path store) {}

  /**
   * How it ended.
   *
   * @param finished whether all cells are there
   * @param failures what went wrong with those that are not, unless it was stopped
   */
  public record Outcome(boolean finished, List<String> failures) {
    /** Copies. */
    public Outcome {
      failures = List.copyOf(failures);
    }
  }

  private final Request request;
  private final ExperimentFolder folder;
  private final StageStore store;
  private final DataSetRegistry dataSets;
  private final StopSignal stop;
  private final TableProgress progress;
  private final List<String> failures = new ArrayList<>();

  private TableRun(Request request, StopSignal stop, TableProgress progress) {
    this.request = request;
    this.stop = stop;
    this.progress = progress;
    folder = new ExperimentFolder(request.out());
    store = new StageStore(request.store());
    dataSets = new DataSetRegistry(new PathResolver(request.file(), System.getenv()));
  }

  /**
   * Makes what is not there, and draws the table anew after each cell.
   *
   * @param request what to run
   * @param stop asks it to stop after the step it is in
   * @param out where progress is told
   * @param terminal whether a line can be drawn over there
   * @throws dev.tarsier.trainer.dataset.DataException if the data cannot be used
   * @throws IOException if a folder cannot be written
   */
  public static Outcome run(Request request, StopSignal stop, PrintStream out, boolean terminal)
      throws IOException, InterruptedException, ExportException {
    TableProgress progress = new TableProgress(out, terminal, System::nanoTime);
    return new TableRun(request, stop, progress).run();
  }

  private Outcome run() throws IOException, InterruptedException, ExportException {
    List<Plan.Cell> cells = request.plan().cells();
    Deque<Plan.Cell> left = new ArrayDeque<>(cells);
    Set<String> elsewhere = new HashSet<>();
    int turned = 0;
    while (!left.isEmpty() && !stop.asked()) {
      Plan.Cell cell = left.removeFirst();
      Optional<RunFolder> held = RunFolder.tryOpen(folder.cell(cell.row().name(), cell.seed()));
      if (held.isEmpty()) {
        if (elsewhere.add(cell.id())) {
          progress.line("%s is being made by another process".formatted(cell.id()));
        }
        left.addLast(cell);
        turned++;
        if (turned >= left.size()) {
          Thread.sleep(WAIT_MILLIS);
          turned = 0;
        }
        continue;
      }
      turned = 0;
      try (RunFolder lock = held.get()) {
        make(cell, lock.path(), cells.size() - left.size(), left);
      } catch (TrainingException e) {
        // The other cells are worth having.
        failures.add("%s: %s".formatted(cell.id(), e.getMessage()));
        progress.line(failures.get(failures.size() - 1));
      }
      if (!stop.asked()) {
        TableFiles.write(request.plan(), request.out());
      }
    }
    return new Outcome(left.isEmpty() && !stop.asked() && failures.isEmpty(), failures);
  }

  private Set<String> done() throws IOException {
    Set<String> done = new HashSet<>();
    for (CellRecord record : folder.records()) {
      done.add(record.cellSha256());
    }
    return done;
  }

  private void make(Plan.Cell cell, Path at, int number, Collection<Plan.Cell> later)
      throws IOException, InterruptedException, ExportException {
    int cells = request.plan().cells().size();
    long stepsLater = request.plan().stepsAfter(cell, later, done());
    Map<Object, Long> own = new HashMap<>(cell.steps());
    List<Path> teachers = new ArrayList<>();
    for (Recipe each : cell.teachers()) {
      own.keySet().removeAll(each.steps().keySet());
      long left = own.values().stream().mapToLong(Long::longValue).sum();
      progress.cell(each.name(), cell.id(), number, cells, each.trainings(), left + stepsLater);
      Path folder = at.resolve("teachers").resolve(each.name());
      RecipeRun.Result result = RecipeRun.run(each, folder, store, dataSets, stop, progress);
      if (!result.finished() || result.student().isEmpty()) {
        return;
      }
      teachers.add(result.student().get().folder());
    }
    Recipe recipe = teachers.isEmpty() ? cell.recipe() : cell.taughtBy(teachers);
    progress.cell(cell.id(), "", number, cells, recipe.trainings(), stepsLater);
    RecipeRun.Result result =
        RecipeRun.run(recipe, at.resolve("run"), store, dataSets, stop, progress);
    if (!result.finished() || result.student().isEmpty()) {
      return;
    }
    TrainedNetwork network = result.student().get();
    Figures figures = Figures.ofValidation(network.figures());
    int pictures = pictures(cell, network, at);
    folder.write(
        new CellRecord(
            CellRecord.SCHEMA,
            cell.row().name(),
            cell.seed(),
            cell.sha256(),
            network.network().architecture().kind(),
            network.network().height(),
            network.network().width(),
            network.network().extra().toString(),
            figures.data(),
            figures.frames(),
            figures.sha256(),
            figures.protocol(),
            network.steps(),
            network.bestEpoch(),
            network.seconds(),
            network.checkpointSha256(),
            result.teachers().stream().map(TrainedNetwork::checkpointSha256).toList(),
            figures.values(),
            pictures));
  }

  private int pictures(Plan.Cell cell, TrainedNetwork network, Path at) throws IOException {
    int wanted = request.plan().study().frames();
    Optional<CellRecord> before =
        folder.records().stream()
            .filter(record -> record.checkpointSha256().equals(network.checkpointSha256()))
            .filter(record -> record.row().equals(cell.row().name()))
            .filter(record -> record.seed() == cell.seed())
            .findAny();
    if (wanted == 0 || (before.isPresent() && before.get().pictures() == wanted)) {
      return wanted;
    }
    List<PredictionSample> samples = PredictionSample.at(cell.recipe(), network, dataSets, wanted);
    FramePictures.keepTruth(folder.frames(), samples);
    FramePictures.keep(at, samples);
    return samples.size();
  }
}
