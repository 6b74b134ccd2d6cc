package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.run.StageFolder;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Goes through the steps of a chain in their order. A step whose needs are there hands its stage to
 * a {@link Pass}, which finds it, makes it, or only looks. One thread.
 */
final class ChainWalk {
  /** Makes a stage in its folder; none when it was stopped. */
  @FunctionalInterface
  interface Maker<O> {
    Optional<O> make(StageFolder folder) throws IOException, InterruptedException, ExportException;
  }

  /** What is done with each stage. */
  interface Pass {
    /**
     * A stage whose inputs are known.
     *
     * @return what came of it if it is finished
     */
    <O> Optional<StageStore.Made<O>> stage(String name, Stage<O> stage, Maker<O> maker)
        throws IOException, InterruptedException, ExportException;

    /** A stage whose inputs are not known yet. */
    void later(String name);
  }

  private record Counted(String sha256, int perEpoch) {}

  private final Chain chain;
  private final DataSetRegistry dataSets;
  private final RecipeListener listener;
  private final StopSignal stop;
  private final Set<String> told = new HashSet<>();
  private final Map<Counted, DataStatistics> counted = new HashMap<>();
  private final IdentityHashMap<Step<?>, Object> results = new IdentityHashMap<>();
  private final Set<DataUse> data = new LinkedHashSet<>();
  private final Set<String> began = new LinkedHashSet<>();
  private Pass pass;
  private long stepsDone;

  /**
   * Walks through a chain, as often as need be.
   *
   * @param chain what to go through
   * @param dataSets opens its data
   * @param listener hears of stages that are made
   * @param stop asks trainings to stop
   */
  ChainWalk(Chain chain, DataSetRegistry dataSets, RecipeListener listener, StopSignal stop) {
    this.chain = chain;
    this.dataSets = dataSets;
    this.listener = listener;
    this.stop = stop;
  }

  /** Goes through all steps; what an earlier walk came by is forgotten. */
  void go(Pass through) throws IOException, InterruptedException, ExportException {
    pass = through;
    results.clear();
    data.clear();
    began.clear();
    for (Step<?> each : chain.steps()) {
      go(each);
    }
  }

  private <T> void go(Step<T> step) throws IOException, InterruptedException, ExportException {
    step.check(this);
    boolean ready = step.needs().stream().allMatch(results::containsKey);
    Optional<T> result = ready ? step.make(this) : step.later(this);
    result.ifPresent(value -> results.put(step, value));
  }

  /**
   * Checks what trainings are judged by, before the first of them takes its hours.
   *
   * @throws DataException if a training has no validation data that can judge it
   */
  void check() {
    chain.judged().forEach(each -> each.requireJudge(this));
  }

  /** What came of a step, if it is there. */
  @SuppressWarnings("unchecked") // go puts what a step of T makes
  <T> Optional<T> find(Step<T> step) {
    return Optional.ofNullable((T) results.get(step));
  }

  /** What came of a step that another one needs. */
  <T> T of(Step<T> step) {
    return find(step).orElseThrow(() -> new IllegalStateException(step.name() + " is not there"));
  }

  /** Hands on a stage; see {@link Pass}. */
  <O> Optional<StageStore.Made<O>> stage(String name, Stage<O> stage, Maker<O> maker)
      throws IOException, InterruptedException, ExportException {
    return pass.stage(name, stage, maker);
  }

  /** A stage whose inputs are not known yet. */
  void later(String name) {
    pass.later(name);
  }

  /**
   * Opens data sets in their order; leaves out those that are optional and absent.
   *
   * @throws DataException if one cannot be used; the message names the stage
   */
  List<OpenedData> open(String stage, List<DataSet> sections, Network network) {
    try {
      return dataSets.open(sections, network, classes(), this::tell);
    } catch (DataException e) {
      throw new DataException(stage + ": " + e.getMessage(), e);
    }
  }

  /** The classes of its recipe. */
  ClassSet classes() {
    return chain.recipe().classes();
  }

  /** Opens its data. */
  DataSetRegistry dataSets() {
    return dataSets;
  }

  /** Hears of stages that are made. */
  RecipeListener listener() {
    return listener;
  }

  /** Asks trainings to stop. */
  StopSignal stop() {
    return stop;
  }

  /** What there is to learn from in data sets; each is counted once, for all stages that ask. */
  DataStatistics statistics(List<OpenedData> of) {
    return DataStatistics.of(of.stream().map(this::statistics).toList(), classes());
  }

  private DataStatistics statistics(OpenedData of) {
    return counted.computeIfAbsent(
        new Counted(of.source().sha256(), of.perEpoch()),
        key -> DataStatistics.of(of, classes(), heads()));
  }

  /** What any network of the recipe learns. */
  private Set<String> heads() {
    return Stream.of(chain.recipe().teacher(), chain.recipe().student())
        .filter(Objects::nonNull)
        .flatMap(training -> training.network().tasks(classes()).outputs().stream())
        .map(task -> task.head().id())
        .collect(Collectors.toSet());
  }

  /** Remembers that data is used. */
  void use(List<OpenedData> used, String use) {
    used.forEach(each -> data.add(DataUse.of(each, use)));
  }

  /** Remembers how data was used elsewhere. */
  void use(DataUse used) {
    data.add(used);
  }

  /** Remembers weights that the student began with, by a title for a sentence. */
  void begin(String title) {
    began.add(title);
  }

  /** What the student began with; none where it began anew. */
  Optional<String> began() {
    return began.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", began));
  }

  /** All data that was used so far, in order. */
  List<DataUse> data() {
    return List.copyOf(data);
  }

  /** Remembers the steps of the last training that was done or found. */
  void stepsDone(long steps) {
    stepsDone = steps;
  }

  /** Steps of the last training that was done or found. */
  long stepsDone() {
    return stepsDone;
  }

  /** Says a thing once, though a recipe is walked through twice. */
  void tell(String message) {
    if (told.add(message)) {
      listener.note(message);
    }
  }
}
