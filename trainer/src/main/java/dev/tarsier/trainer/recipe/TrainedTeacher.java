package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.pseudolabel.PseudoLabelOptions;
import dev.tarsier.trainer.run.Canonical;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.run.StageRecord;
import dev.tarsier.trainer.run.StageStore;
import dev.tarsier.trainer.task.ClassSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A teacher that a recipe names by its training's folder, instead of training it; it is measured on
 * this recipe's data.
 */
final class TrainedTeacher implements Step<TrainingResult> {
  private final String name;
  private final Path folder;
  private final long seconds;
  private final TrainingJob.Inputs inputs;
  private final TrainingOutcome outcome;
  private final Training training;
  private final Network network;

  private TrainedTeacher(
      String name, Training training, Path folder, StageRecord record, TrainingJob.Inputs inputs) {
    this.name = name;
    this.training = training;
    this.folder = folder;
    this.inputs = inputs;
    seconds = record.seconds();
    outcome = Canonical.value(record.outcome(), TrainingOutcome.class);
    // What a record of an older version does not say has its default.
    ObjectNode settings = (ObjectNode) Canonical.tree(Recipe.TRAINING.network());
    settings.setAll((ObjectNode) inputs.training().path("network"));
    network = Canonical.value(settings, Network.class);
  }

  /**
   * Reads the folders' records.
   *
   * @throws DataException if a folder holds no finished training, or one for other classes, or one
   *     that cannot label together with the first
   */
  static List<TrainedTeacher> all(Recipe recipe, PathResolver paths) throws IOException {
    List<TrainedTeacher> found = new ArrayList<>();
    if (recipe.teacher() == null) {
      return found;
    }
    for (String text : recipe.teacher().trained()) {
      Path folder =
          paths
              .find(text)
              .orElseThrow(
                  () ->
                      new DataException(
                          "teacher.trained: %s is not there (looked in %s)"
                              .formatted(text, paths.tried(text))))
              .toRealPath();
      TrainedTeacher one = read(Chain.TEACHER + (found.size() + 1), recipe.teacher(), folder);
      ClassSet classes = one.inputs.classes();
      if (!one.network.told(recipe.classes()).equals(classes)) {
        throw new DataException(
            "teacher.trained: %s is a teacher of the classes %s, the recipe's are %s; train another, or change classes"
                .formatted(folder, classes.id(), recipe.classes().id()));
      }
      if (!found.isEmpty()) {
        requireJoins(found.get(0), one, recipe.pseudoLabels());
      }
      found.add(one);
    }
    return found;
  }

  /** Frames are prepared as the first teacher sees them; the others may look away from a part. */
  private static void requireJoins(
      TrainedTeacher first, TrainedTeacher other, PseudoLabelOptions labels) {
    Network all = first.network;
    Network some = other.network;
    if (some.height() != all.height() || some.width() != all.width()) {
      throw new DataException(
          "teacher.trained: %s looks at images of %dx%d, %s of %dx%d; teachers of one ensemble look at the same"
              .formatted(
                  other.folder,
                  some.width(),
                  some.height(),
                  first.folder,
                  all.width(),
                  all.height()));
    }
    if (!some.extra().isNone() && !some.extra().equals(all.extra())) {
      throw new DataException(
          "teacher.trained: %s sees %s, which %s does not; name the teacher first that sees all that the others see"
              .formatted(other.folder, some.extra(), first.folder));
    }
    if (labels != null && !some.has(labels.target())) {
      throw new DataException(
          "teacher.trained: %s does not say %s, which is pseudo_labels.target"
              .formatted(other.folder, labels.target()));
    }
  }

  private static TrainedTeacher read(String name, Training training, Path folder)
      throws IOException {
    Optional<StageRecord> record = StageStore.read(folder);
    String stage = record.map(StageRecord::stage).orElse("");
    if (!stage.equals(TrainingJob.KIND) || !record.get().finished()) {
      throw new DataException(
          "teacher.trained: %s holds %s; name the folder of a finished training, such as runs/NAME/teacher-1 or, if it was fine-tuned, runs/NAME/teacher-1-fine-tuned-1"
              .formatted(
                  folder,
                  stage.isEmpty() || stage.equals(TrainingJob.KIND)
                      ? "no finished training"
                      : "what came of a stage of kind " + stage + ", which is no training"));
    }
    return new TrainedTeacher(
        name, training, folder, record.get(), TrainingJob.Inputs.of(record.get()));
  }

  /** What kind it is. */
  Network network() {
    return network;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Step<?>> needs() {
    return List.of();
  }

  @Override
  public Optional<TrainingResult> make(ChainWalk walk) {
    inputs.history().forEach(each -> walk.use(each.byTeacher()));
    List<OpenedData> validation = walk.open(name, training.validation().data(), network);
    return Optional.of(
        new TrainingResult(
            name,
            training,
            NetworkCheckpoint.of(name, network, inputs.seed(), folder, outcome.network()),
            folder,
            outcome,
            seconds,
            outcome.steps(),
            List.of(),
            validation));
  }
}
