package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.network.LayerGraph;
import dev.tarsier.trainer.optimiser.Adam;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.Stage;
import dev.tarsier.trainer.run.StageStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;

/** A named training of a chain: of what, on what, after what. */
final class TrainingStage implements Step<TrainingResult> {
  private final String name;
  private final Recipe recipe;
  private final Training training;
  private final Role role;
  private final long seed;
  private final TrainingStage before;
  private final List<PseudoLabelStage> labels;
  private final List<TrainingStage> alone;

  /** What a network is for. */
  enum Role {
    /** Its data is used by a teacher. */
    TEACHER(Chain.TEACHER),
    /** Its data is the recipe's own. */
    STUDENT("");

    private final String prefix;

    Role(String prefix) {
      this.prefix = prefix;
    }
  }

  /**
   * A training.
   *
   * @param name of the stage
   * @param recipe it belongs to
   * @param training what the recipe says of it
   * @param role what the network is for
   * @param seed of all that is random
   * @param before what it goes on from; null to begin anew
   * @param labels all pseudo-labels of the recipe; empty for a teacher
   * @param alone networks of one task each that it learns from
   */
  TrainingStage(
      String name,
      Recipe recipe,
      Training training,
      Role role,
      long seed,
      TrainingStage before,
      List<PseudoLabelStage> labels,
      List<TrainingStage> alone) {
    this.name = name;
    this.recipe = recipe;
    this.training = training;
    this.role = role;
    this.seed = seed;
    this.before = before;
    this.labels = List.copyOf(labels);
    this.alone = List.copyOf(alone);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Step<?>> needs() {
    List<Step<?>> needs = new ArrayList<>();
    if (before != null) {
      needs.add(before);
    }
    needs.addAll(alone);
    labels.stream()
        .filter(each -> training.allData().stream().anyMatch(each::isNamedBy))
        .forEach(each -> needs.addAll(each.joined()));
    return needs;
  }

  /** What it is and how long; before anything is opened. */
  Recipe.Planned planned() {
    Object alone = Canonical.without(Canonical.tree(training), Training.AROUND);
    if (before != null) {
      boolean known = training.allData().stream().noneMatch(each -> each.perEpoch() == 0);
      long perEpoch = 0;
      for (List<DataSet> each : training.dataByStream()) {
        long frames = each.stream().mapToLong(DataSet::perEpoch).sum();
        perEpoch += known ? frames / training.batch() : 0;
      }
      return new Recipe.Planned(
          List.of(before.planned().key(), alone), perEpoch * training.epochs());
    }
    List<Object> of = new ArrayList<>(List.of(seed));
    if (!labels.isEmpty()) {
      of.addAll(List.of(recipe.pseudoLabels(), recipe.teachers()));
      of.add(Optional.ofNullable(recipe.teacher()));
    }
    return new Recipe.Planned(
        List.of(of, alone, training.network().told(recipe.classes())), training.maxSteps());
  }

  /** Absent data and misspelt layers are found before the teachers take their hours. */
  @Override
  public void check(ChainWalk walk) {
    if (before == null) {
      requireLayers();
      requireWeights(walk);
      walk.open(name, training.validation().data(), training.network());
      for (DataSet each : training.allData()) {
        if (!(each instanceof PseudoLabelled)) {
          walk.open(name, List.of(each), training.network());
        }
      }
    }
  }

  @Override
  public Optional<TrainingResult> make(ChainWalk walk)
      throws IOException, InterruptedException, ExportException {
    List<OpenedData> validation = walk.open(name, training.validation().data(), training.network());
    List<OpenedData> data =
        opened(
            walk,
            (set, section) ->
                set.taught(walk, name, section, training.network()).stream().toList());
    walk.use(data, role.prefix + "training");
    walk.use(validation, role.prefix + Figures.VALIDATION);
    Optional<TrainingResult> from = before == null ? Optional.empty() : walk.find(before);
    List<NetworkCheckpoint> teachers =
        alone.stream().map(each -> walk.of(each).checkpoint()).toList();
    TrainingJob job;
    try {
      job =
          new TrainingJob(
              name, training, seed, from.orElse(null), teachers, data, validation, walk);
    } catch (DataException e) {
      throw new DataException(name + ": " + e.getMessage(), e);
    }
    job.absentWeights().ifPresent(walk::tell);
    job.source().ifPresent(source -> use(source, walk));
    Stage<TrainingOutcome> stage = job.stage();
    Optional<TrainingResult> result =
        walk.stage(name, stage, folder -> job.run(folder.path()))
            .map(made -> result(made, from, data, validation));
    if (from.isPresent() && result.isPresent()) {
      compare(from.get(), result.get(), walk);
    }
    return result;
  }

  /** What its weights learned from is what it learned from. */
  private void use(StartWeights.Source source, ChainWalk walk) {
    for (DataUse each : source.data()) {
      walk.use(role == Role.TEACHER ? each.earlier().byTeacher() : each.earlier());
    }
    if (role == Role.STUDENT) {
      walk.begin(source.title());
    }
  }

  /**
   * What it learns from, stream after stream.
   *
   * @param taught opens what a teacher labels
   */
  private List<OpenedData> opened(
      ChainWalk walk, BiFunction<PseudoLabelStage, PseudoLabelled, List<OpenedData>> taught) {
    List<OpenedData> data = new ArrayList<>();
    List<List<DataSet>> streams = training.dataByStream();
    for (int stream = 0; stream < streams.size(); stream++) {
      List<OpenedData> found = new ArrayList<>();
      for (DataSet each : streams.get(stream)) {
        if (each instanceof PseudoLabelled pseudo) {
          labels.stream()
              .filter(set -> set.isNamedBy(each))
              .forEach(set -> found.addAll(taught.apply(set, pseudo)));
        } else {
          found.addAll(walk.open(name, List.of(each), training.network()));
        }
      }
      for (OpenedData each : found) {
        data.add(each.in(stream));
      }
    }
    return data;
  }

  private TrainingResult result(
      StageStore.Made<TrainingOutcome> made,
      Optional<TrainingResult> from,
      List<OpenedData> data,
      List<OpenedData> validation) {
    TrainingOutcome outcome = made.outcome();
    return new TrainingResult(
        name,
        training,
        NetworkCheckpoint.of(name, training.network(), seed, made.folder(), outcome.network()),
        made.folder(),
        outcome,
        made.record().seconds() + from.map(TrainingResult::seconds).orElse(0L),
        outcome.steps(from.map(TrainingResult::steps).orElse(0L)),
        data,
        validation);
  }

  /** The last training is what counts, as the recipe says; that it harmed is worth knowing. */
  private static void compare(TrainingResult before, TrainingResult after, ChainWalk walk) {
    double was = before.outcome().bestScore();
    double is = after.outcome().bestScore();
    if (is < was) {
      walk.tell(
          String.format(
              Locale.ROOT,
              "%s has a best score of %.4f, %s had %.4f; leave this fine_tuning out, or give it"
                  + " more epochs",
              after.name(),
              is,
              before.name(),
              was));
    }
  }

  /**
   * Checks what it is judged by.
   *
   * @throws DataException if it has no validation data that can judge it
   */
  void requireJudge(ChainWalk walk) {
    List<OpenedData> validation = walk.open(name, training.validation().data(), training.network());
    // What is to be labelled are those frames too.
    List<OpenedData> learned =
        opened(
            walk,
            (set, section) ->
                walk.open(name, List.of(set.data()), training.network()).stream()
                    .map(each -> new OpenedData(each.source(), section))
                    .toList());
    Preparation.of(learned, walk.listener());
    Preparation.of(validation, walk.listener());
    try {
      DataCheck check = new DataCheck(training, walk);
      check.streams(learned);
      if (training.allData().stream().noneMatch(PseudoLabelled.class::isInstance)) {
        check.requireTaught(learned);
      }
      check.judged(learned, validation);
    } catch (DataException e) {
      throw new DataException(name + ": " + e.getMessage(), e);
    }
  }

  /** What a whole network begins with must be of its kind. */
  private void requireWeights(ChainWalk walk) {
    try {
      Optional<StartWeights> weights = StartWeights.of(training.network(), walk.dataSets().paths());
      if (weights.isPresent()) {
        weights.get().requireFit(training.network(), recipe.classes());
        weights.get().source(); // its records must be whole too
      }
    } catch (DataException e) {
      throw new DataException(name + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new DataException(name + ": weights: " + e.getMessage(), e);
    }
  }

  /** The network must have the layers that the recipe names. */
  private void requireLayers() {
    LayerGraph graph = training.network().graph(recipe.classes());
    for (Adam.Group group : training.optimiser().groups()) {
      requireLayer(graph, name + ": optimiser.groups", group.prefix());
    }
    training
        .network()
        .frozen()
        .forEach(prefix -> requireLayer(graph, name + ": network.frozen", prefix));
    List<String> frozen = training.network().frozen();
    if (graph.parameters().stream()
        .allMatch(each -> frozen.stream().anyMatch(each.name()::startsWith))) {
      throw new IllegalArgumentException(
          "%s: network.frozen %s leaves no layer that learns; take a prefix out"
              .formatted(name, frozen));
    }
    try {
      if (training.balance() != null) {
        training.balance().check(graph, frozen);
      }
      for (TrainingStage each : alone) {
        Network teacher = each.training.network();
        String task = teacher.tasks(recipe.classes()).outputs().get(0).tensor();
        training.distill().check(graph, teacher.graph(recipe.classes()), task);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
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
}
