package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.SampleSource;
import dev.tarsier.trainer.evaluation.NetworkFeed;
import dev.tarsier.trainer.export.ExportException;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.StageFolder;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.run.StopSignal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The stages of a recipe in their order, and what each is made of. A walk hands every stage whose
 * inputs are known to a {@link Pass}, which finds it, makes it, or only looks.
 *
 * <pre>
 *   teacher-1 … teacher-N ─→ pseudo-labels-1 … -M ─→ student ─→ student-evaluation ─→ bundle
 *       └─→ teacher-1-evaluation … ─→ teacher-1-model …, if asked for
 * </pre>
 *
 * After a training such as {@code student} come {@code student-fine-tuned-1} …, {@code
 * student-precise-batch-norm} and {@code student-adjusted}, if asked for, and what needs the
 * network takes the last of them.
 */
final class Chain {
  /** The kind of the last stage. */
  static final String BUNDLE = "bundle";

  /** The stage that trains the student. */
  static final String STUDENT = "student";

  /** With a number from 1, the stage that trains a teacher. */
  static final String TEACHER = "teacher-";

  /** After a training's name, and with a number from 1, a training that goes on from it. */
  static final String FINE_TUNED = "-fine-tuned-";

  private static final String PRECISE = "-precise-batch-norm";
  private static final String ADJUSTED = "-adjusted";
  private static final String EVALUATION = "-evaluation";
  private static final String MODEL = "-model";

  /** Makes a stage in its folder; none when it was stopped. */
  @FunctionalInterface
  interface Maker {
    Optional<ObjectNode> make(StageFolder folder)
        throws IOException, InterruptedException, ExportException;
  }

  /** What is done with each stage. */
  interface Pass {
    /**
     * A stage whose inputs are known.
     *
     * @return its record if it is finished
     */
    Optional<JsonNode> stage(String name, StageStore.Stage stage, Maker maker)
        throws IOException, InterruptedException, ExportException;

    /** A stage whose inputs are not known yet. */
    void later(String name);

    /** Where a stage lies. */
    Path folder(StageStore.Stage stage);
  }

  /** What a walk came by. */
  record Walked(
      List<TrainedNetwork> teachers,
      List<Path> pseudoLabels,
      Optional<TrainedNetwork> student,
      Optional<Path> bundle,
      ArrayNode data,
      long stepsDone) {}

  /**
   * A finished training.
   *
   * @param training what was said of it
   * @param best its best checkpoint
   * @param folder its
   * @param record of it
   * @param seconds that it took, with what it went on from
   * @param steps of it, with those of what it went on from
   * @param data it was trained on
   * @param validation it was judged by
   */
  private record Learned(
      Recipe.Training training,
      Checkpointed best,
      Path folder,
      JsonNode record,
      long seconds,
      long steps,
      List<OpenedData> data,
      List<OpenedData> validation) {
    double bestScore() {
      return record.path("outcome").path("best_score").asDouble();
    }
  }

  /** A training that was opened, and what came of it. */
  private record Trained(
      TrainedNetwork network, Checkpointed checkpoint, List<OpenedData> validation) {}

  private final Recipe recipe;
  private final String recipeSha256;
  private final DataShelf shelf;
  private final RecipeListener listener;
  private final StopSignal stop;
  private final List<TrainedTeachers.One> trained;
  private final Set<String> told = new HashSet<>();
  private final Set<Integer> absentSets = new HashSet<>();
  private ArrayNode data;
  private Set<JsonNode> described;
  private long stepsDone;

  /**
   * A recipe's chain.
   *
   * @param recipe what to make
   * @param recipeSha256 of what it means
   * @param shelf opens its data
   * @param listener hears of stages that are made
   * @param stop asks trainings to stop
   * @throws DataException if a teacher that is trained already cannot be used
   */
  Chain(
      Recipe recipe, String recipeSha256, DataShelf shelf, RecipeListener listener, StopSignal stop)
      throws IOException {
    trained = TrainedTeachers.of(recipe, shelf.paths());
    // Heads and inputs are those of the teachers that are there; so what was asked is asked again.
    this.recipe =
        trained.isEmpty()
            ? recipe
            : recipe.withTeacher(recipe.teacher().withNetwork(trained.get(0).network()));
    this.recipeSha256 = recipeSha256;
    this.shelf = shelf;
    this.listener = listener;
    this.stop = stop;
  }

  /** Goes through all stages. */
  Walked walk(Pass pass) throws IOException, InterruptedException, ExportException {
    data = Canonical.array();
    described = new HashSet<>();
    List<Trained> teachers = teachers(pass);
    List<PseudoLabelStage.Made> labels = pseudoLabels(pass, teachers);
    Optional<Trained> student = student(pass, labels);
    Optional<Path> bundle = bundle(pass, teachers, labels, student);
    return new Walked(
        teachers.stream().map(Trained::network).toList(),
        labels.stream().map(PseudoLabelStage.Made::folder).toList(),
        student.map(Trained::network),
        bundle,
        data,
        stepsDone);
  }

  /**
   * Checks what trainings are judged by, before the first of them takes its hours.
   *
   * @throws DataException if a training has no validation data that can judge it
   */
  void check() {
    if (recipe.teacher() != null && trained.isEmpty()) {
      check(TEACHER + 1, recipe.teacher());
    }
    if (recipe.student() != null) {
      check(STUDENT, recipe.student());
    }
  }

  private void check(String name, Recipe.Training training) {
    List<OpenedData> validation = open(name, training.validation().data(), training.network());
    List<OpenedData> learned = new ArrayList<>();
    for (DataSet each : training.data()) {
      // What is to be labelled are those frames too.
      List<DataSet> said =
          each instanceof DataSet.PseudoLabelled pseudo
              ? pseudo.set() == 0
                  ? recipe.pseudoLabels().data()
                  : List.of(recipe.pseudoLabels().data().get(pseudo.set() - 1))
              : List.of(each);
      learned.addAll(open(name, said, training.network()));
    }
    Preparation.of(learned, listener);
    Preparation.of(validation, listener);
    try {
      new DataCheck(training, recipe.classSet(), listener).judged(learned, validation);
    } catch (DataException e) {
      throw new DataException(name + ": " + e.getMessage(), e);
    }
  }

  private List<Trained> teachers(Pass pass)
      throws IOException, InterruptedException, ExportException {
    List<Trained> teachers = new ArrayList<>();
    for (int k = 0; k < numberOfTeachers(); k++) {
      String name = TEACHER + (k + 1);
      Optional<Trained> teacher =
          trained.isEmpty()
              ? train(name, recipe.teacher(), recipe.teacherSeeds().get(k), List.of(), pass)
              : use(name, trained.get(k), pass);
      teacher.ifPresent(teachers::add);
      if (recipe.export().teachers()) {
        model(name + MODEL, teacher, pass);
      }
    }
    return teachers;
  }

  private void model(String name, Optional<Trained> teacher, Pass pass)
      throws IOException, InterruptedException, ExportException {
    if (teacher.isEmpty()) {
      pass.later(name);
      return;
    }
    TeacherModelStage stage =
        new TeacherModelStage(
            name,
            teacher.get().checkpoint(),
            recipe.teacher().batch(),
            recipe.classSet(),
            teacher.get().validation());
    pass.stage(name, stage.stage(), folder -> Optional.of(stage.run(folder.path(), listener)));
  }

  private int numberOfTeachers() {
    return trained.isEmpty() ? recipe.teacherSeeds().size() : trained.size();
  }

  /** A teacher that is trained already; it is measured on this recipe's data. */
  private Optional<Trained> use(String name, TrainedTeachers.One teacher, Pass pass)
      throws IOException, InterruptedException, ExportException {
    for (JsonNode each : teacher.record().path("inputs").path("data")) {
      ObjectNode node = each.deepCopy();
      node.put("use", TEACHER + each.path("use").asText());
      if (described.add(node)) {
        data.add(node);
      }
    }
    List<OpenedData> validation =
        open(name, recipe.teacher().validation().data(), teacher.network());
    long seed = teacher.record().path("inputs").path("seed").asLong();
    Checkpointed checkpoint =
        Checkpointed.of(name, seed, teacher.network(), teacher.folder(), teacher.record());
    long seconds = teacher.record().path("seconds").asLong();
    return measure(
        checkpoint,
        name,
        new Learned(
            recipe.teacher(),
            checkpoint,
            teacher.folder(),
            teacher.record(),
            seconds,
            teacher.record().path("outcome").path("steps").asLong(),
            List.of(),
            validation),
        pass);
  }

  private List<PseudoLabelStage.Made> pseudoLabels(Pass pass, List<Trained> teachers)
      throws IOException, InterruptedException, ExportException {
    List<PseudoLabelStage.Made> made = new ArrayList<>();
    if (recipe.pseudoLabels() == null) {
      return made;
    }
    List<DataSet> said = recipe.pseudoLabels().data();
    boolean taught = teachers.size() == numberOfTeachers();
    for (int i = 0; i < said.size(); i++) {
      String name = "pseudo-labels-" + (i + 1);
      List<OpenedData> frames = open(name, List.of(said.get(i)), recipe.teacher().finalNetwork());
      if (frames.isEmpty()) {
        absentSets.add(i + 1);
        continue;
      }
      describe(frames, "pseudo-labels");
      if (!taught) {
        pass.later(name);
        continue;
      }
      PseudoLabelStage stage =
          new PseudoLabelStage(
              name,
              recipe.pseudoLabels(),
              recipe.classSet(),
              teachers.stream().map(Trained::checkpoint).toList(),
              frames.get(0),
              () ->
                  shelf.truth(
                      frames.get(0).said(), recipe.teacher().finalNetwork(), recipe.classSet()));
      StageStore.Stage identity = stage.stage();
      Optional<JsonNode> record =
          pass.stage(name, identity, folder -> stage.run(folder, stop, listener));
      if (record.isPresent()) {
        made.add(stage.made(i + 1, pass.folder(identity), record.get().path("outcome")));
      }
    }
    return made;
  }

  private Optional<Trained> student(Pass pass, List<PseudoLabelStage.Made> labels)
      throws IOException, InterruptedException, ExportException {
    if (recipe.student() == null) {
      return Optional.empty();
    }
    return train(STUDENT, recipe.student(), recipe.seed(), labels, pass);
  }

  private Optional<Trained> train(
      String name,
      Recipe.Training training,
      long seed,
      List<PseudoLabelStage.Made> labels,
      Pass pass)
      throws IOException, InterruptedException, ExportException {
    TrainingStage.requireLayers(name, training, recipe.classSet());
    Optional<Learned> learned = learn(name, training, seed, null, labels, pass);
    for (int k = 0; k < training.fineTuning().size(); k++) {
      String next = name + FINE_TUNED + (k + 1);
      if (learned.isEmpty()) {
        pass.later(next);
      } else {
        Learned before = learned.get();
        learned = learn(next, training.fineTuned(k), seed, before, labels, pass);
        learned.ifPresent(after -> compare(before, after));
      }
    }
    Optional<Checkpointed> network = learned.map(Learned::best);
    if (training.preciseBatchNorm() > 0) {
      String stage = name + PRECISE;
      network =
          after(
              stage,
              network,
              learned,
              (from, of) ->
                  new PreciseBatchNormStage(
                      stage, from, of.steps(), recipe.classSet(), of.training(), of.data()),
              pass);
    }
    if (training.logitAdjustment() > 0) {
      network =
          after(
              name + ADJUSTED,
              network,
              learned,
              (from, of) ->
                  new AdjustmentStage(
                      from,
                      of.steps(),
                      recipe.classSet(),
                      of.training().logitAdjustment(),
                      of.data()),
              pass);
    }
    if (learned.isEmpty() || network.isEmpty()) {
      pass.later(name + EVALUATION);
      return Optional.empty();
    }
    return measure(network.get(), name, learned.get(), pass);
  }

  /** The last training is what counts, as the recipe says; that it harmed is worth knowing. */
  private void compare(Learned before, Learned after) {
    if (after.bestScore() < before.bestScore()) {
      tell(
          String.format(
              Locale.ROOT,
              "%s has a best score of %.4f, %s had %.4f; leave this fine_tuning out, or give it"
                  + " more epochs",
              after.best().name(),
              after.bestScore(),
              before.best().name(),
              before.bestScore()));
    }
  }

  /**
   * One training.
   *
   * @param before what it goes on from; null for nothing
   */
  private Optional<Learned> learn(
      String name,
      Recipe.Training training,
      long seed,
      Learned before,
      List<PseudoLabelStage.Made> labels,
      Pass pass)
      throws IOException, InterruptedException, ExportException {
    List<OpenedData> validation = open(name, training.validation().data(), training.network());
    List<OpenedData> trainingData = new ArrayList<>();
    boolean known = true;
    for (DataSet each : training.data()) {
      if (each instanceof DataSet.PseudoLabelled pseudo) {
        for (int set = 1; set <= recipe.pseudoLabels().data().size(); set++) {
          if ((pseudo.set() == 0 || pseudo.set() == set) && !absentSets.contains(set)) {
            known &= add(trainingData, name, set, pseudo, labels, training.network());
          }
        }
      } else {
        trainingData.addAll(open(name, List.of(each), training.network()));
      }
    }
    if (!known) {
      pass.later(name);
      return Optional.empty();
    }
    String prefix = name.startsWith(STUDENT) ? "" : TEACHER;
    describe(trainingData, prefix + "training");
    describe(validation, prefix + Figures.VALIDATION);
    TrainingStage stage;
    try {
      stage =
          new TrainingStage(
              name,
              training,
              recipe.classSet(),
              seed,
              before == null
                  ? null
                  : TrainingStage.Start.of(before.best(), before.record(), before.steps()),
              trainingData,
              validation,
              shelf.paths(),
              listener);
    } catch (DataException e) {
      throw new DataException(name + ": " + e.getMessage(), e);
    }
    stage.absentWeights().ifPresent(this::tell);
    StageStore.Stage identity = stage.stage();
    return pass.stage(
            name,
            identity,
            folder -> {
              Optional<ObjectNode> outcome = stage.run(folder.path(), stop);
              stepsDone = stage.stepsDone();
              return outcome;
            })
        .map(
            record ->
                new Learned(
                    training,
                    Checkpointed.of(name, seed, training.network(), pass.folder(identity), record),
                    pass.folder(identity),
                    record,
                    record.path("seconds").asLong() + (before == null ? 0 : before.seconds()),
                    TrainingStage.steps(record, before == null ? 0 : before.steps()),
                    trainingData,
                    validation));
  }

  /**
   * Another network, made of a trained one.
   *
   * @param network as it stands; none while it is not known
   * @param learned its training, if it is finished
   * @param of what makes it
   */
  private Optional<Checkpointed> after(
      String name,
      Optional<Checkpointed> network,
      Optional<Learned> learned,
      BiFunction<Checkpointed, Learned, AfterTraining> of,
      Pass pass)
      throws IOException, InterruptedException, ExportException {
    if (network.isEmpty() || learned.isEmpty()) {
      pass.later(name);
      return Optional.empty();
    }
    Checkpointed from = network.get();
    AfterTraining stage = of.apply(from, learned.get());
    StageStore.Stage identity = stage.stage();
    return pass.stage(name, identity, folder -> Optional.of(stage.run(folder.path(), listener)))
        .map(made -> Checkpointed.of(name, from.seed(), from.said(), pass.folder(identity), made));
  }

  /**
   * Measures a network.
   *
   * @param checkpoint its weights
   * @param learned what it is, or was made of
   */
  private Optional<Trained> measure(
      Checkpointed checkpoint, String name, Learned learned, Pass pass)
      throws IOException, InterruptedException, ExportException {
    JsonNode outcome = learned.record().path("outcome");
    stepsDone = learned.steps();
    return evaluate(name + EVALUATION, checkpoint, learned.validation(), pass)
        .map(
            figures ->
                new Trained(
                    new TrainedNetwork(
                        name,
                        checkpoint.seed(),
                        checkpoint.said(),
                        learned.folder(),
                        checkpoint.file(),
                        checkpoint.sha256(),
                        learned.steps(),
                        outcome.path("best_epoch").asInt(),
                        learned.bestScore(),
                        learned.seconds(),
                        outcome.path("pretrained_encoder").asBoolean(),
                        figures),
                    checkpoint,
                    learned.validation()));
  }

  /** Adds a data set with pseudo-labels; false when they are not there yet. */
  private boolean add(
      List<OpenedData> to,
      String name,
      int set,
      DataSet.PseudoLabelled said,
      List<PseudoLabelStage.Made> labels,
      Recipe.Network network) {
    for (PseudoLabelStage.Made each : labels) {
      if (each.set() == set) {
        to.add(new OpenedData(each.taught(shown(name, set, each, network), said.hard()), said));
        return true;
      }
    }
    return false;
  }

  /**
   * The labelled frames as large as the network sees them, where they are made to a size; the
   * teacher may have labelled smaller ones.
   */
  private SampleSource shown(
      String name, int set, PseudoLabelStage.Made labelled, Recipe.Network network) {
    DataSet said = recipe.pseudoLabels().data().get(set - 1);
    Recipe.Network labeller = recipe.teacher().finalNetwork();
    if (!said.madeToSize()
        || (network.height() == labeller.height() && network.width() == labeller.width())) {
      return labelled.frames();
    }
    if (network.height() * labeller.width() != labeller.height() * network.width()) {
      // A rendered camera of another shape sees another part of the room.
      tell(
          "%s: frames of %s are shown as they were labelled, %dx%d; those of %dx%d would be of another shape"
              .formatted(
                  name,
                  labelled.frames().name(),
                  labeller.width(),
                  labeller.height(),
                  network.width(),
                  network.height()));
      return labelled.frames();
    }
    return open(name, List.of(said), network).get(0).source();
  }

  private Optional<List<Figures>> evaluate(
      String name, Checkpointed network, List<OpenedData> validation, Pass pass)
      throws IOException, InterruptedException, ExportException {
    List<OpenedData> others = new ArrayList<>();
    for (OpenedData each : open(name, recipe.evaluation().data(), network.said())) {
      if (fits(network.said(), each.source())) {
        others.add(each);
      } else {
        tell(
            "%s: %s has no %s, which the network asks for; going on without it"
                .formatted(name, each.source().name(), RecipeChecks.name(network.said().extra())));
      }
    }
    if (validation.isEmpty() && others.isEmpty()) {
      return Optional.of(List.of());
    }
    describe(others, Figures.EVALUATION);
    EvaluationStage stage = new EvaluationStage(network, recipe.classSet(), validation, others);
    return pass.stage(name, stage.stage(), folder -> Optional.of(stage.run(listener)))
        .map(record -> EvaluationStage.figures(record.path("outcome")));
  }

  private boolean fits(Recipe.Network network, SampleSource frames) {
    return NetworkFeed.fits(network.graph(recipe.classSet()), frames.size(), frames::get);
  }

  private Optional<Path> bundle(
      Pass pass,
      List<Trained> teachers,
      List<PseudoLabelStage.Made> labels,
      Optional<Trained> student)
      throws IOException, InterruptedException, ExportException {
    if (recipe.student() == null || !recipe.export().enabled()) {
      return Optional.empty();
    }
    if (student.isEmpty()) {
      pass.later(BUNDLE);
      return Optional.empty();
    }
    TrainedNetwork network = student.get().network();
    BundleStage.Origin origin =
        new BundleStage.Origin(
            recipeSha256,
            data,
            network.steps(),
            network.pretrainedEncoder(),
            teaching(teachers, labels));
    BundleStage stage =
        new BundleStage(recipe, origin, student.get().checkpoint(), network.figures());
    StageStore.Stage identity = stage.stage();
    List<OpenedData> validation = student.get().validation();
    return pass.stage(
            BUNDLE, identity, folder -> Optional.of(stage.run(validation, folder.path(), listener)))
        .map(record -> BundleStage.bundle(pass.folder(identity)));
  }

  private List<String> teaching(List<Trained> teachers, List<PseudoLabelStage.Made> labels) {
    List<String> lines = new ArrayList<>();
    if (labels.isEmpty()) {
      return lines;
    }
    for (Trained each : teachers) {
      TrainedNetwork network = each.network();
      StringBuilder line = new StringBuilder();
      line.append(
          "`%s`, which sees the image%s; seed %d, checkpoint sha256 %s"
              .formatted(
                  network.name(),
                  switch (network.network().extra()) {
                    case NONE -> " alone";
                    case DEPTH -> " and depth";
                    case LABELS -> " and labels";
                  },
                  network.seed(),
                  network.checkpointSha256()));
      for (Figures figures : network.figures()) {
        line.append("; on `").append(figures.data()).append("`:");
        figures
            .values()
            .forEach(
                (figure, value) ->
                    line.append(String.format(Locale.ROOT, " %s %.4f", figure, value)));
      }
      lines.add(line.toString());
    }
    labels.forEach(each -> lines.add(each.line()));
    return lines;
  }

  private List<OpenedData> open(String stage, List<DataSet> said, Recipe.Network network) {
    try {
      return shelf.open(said, network, recipe.classSet(), this::tell);
    } catch (DataException e) {
      throw new DataException(stage + ": " + e.getMessage(), e);
    }
  }

  private void describe(List<OpenedData> used, String use) {
    for (OpenedData each : used) {
      ObjectNode node = Canonical.object();
      TrainingStage.describe(node, each, use);
      if (described.add(node)) {
        data.add(node);
      }
    }
  }

  /** Says a thing once, though a recipe is walked through twice. */
  private void tell(String message) {
    if (told.add(message)) {
      listener.said(message);
    }
  }
}
