package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.run.PathResolver;
import dev.tarsier.trainer.task.TaskName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The stages of a recipe, first to last, and what each needs: the one value that the plan, the run
 * and the stages' keys go through.
 *
 * <pre>
 *   teacher-1 … teacher-N ─→ pseudo-labels-1 … -M ─→ student ─→ student-evaluation ─→ bundle
 *       └─→ teacher-1-evaluation … ─→ teacher-1-model …, if asked for
 * </pre>
 *
 * After a training such as {@code student} come {@code student-fine-tuned-1} …, {@code
 * student-precise-batch-norm} and {@code student-adjusted}, if asked for, and what needs the
 * network takes the last of them. Before it come {@code student-classes-alone} and so on, the
 * networks of one task each, where it learns from such. Where teachers label several tasks, {@code
 * pseudo-labels-1-depth} and so on come after {@code pseudo-labels-1}, and the last is taught from.
 *
 * @param recipe what is made, with the network of the teachers that are there already
 * @param steps all of them; each comes after those it needs
 * @param judged trainings whose validation data is checked before the first of them begins
 * @param teachers measured, in their order
 * @param pseudoLabels in the order of {@code pseudo_labels.data}
 * @param student measured; none where the recipe has none
 * @param bundle none where it is not asked for
 */
record Chain(
    Recipe recipe,
    List<Step<?>> steps,
    List<TrainingStage> judged,
    List<EvaluationStage> teachers,
    List<PseudoLabelStage> pseudoLabels,
    Optional<EvaluationStage> student,
    Optional<BundleStage> bundle) {
  /** The stage that trains the student. */
  static final String STUDENT = "student";

  /** With a number from 1, the stage that trains a teacher. */
  static final String TEACHER = "teacher-";

  /** After the names of a training and a task, a network of that task alone that teaches it. */
  private static final String ALONE = "-alone";

  /** After a training's name, and with a number from 1, a training that goes on from it. */
  static final String FINE_TUNED = "-fine-tuned-";

  /**
   * The chain of a recipe.
   *
   * @param asked what to make
   * @param paths where teachers that are trained already are looked for
   * @throws DataException if such a teacher cannot be used
   */
  static Chain of(Recipe asked, PathResolver paths) throws IOException {
    List<TrainedTeacher> trained = TrainedTeacher.all(asked, paths);
    // Heads and inputs are those of the teachers that are there; so what was asked is asked again.
    Recipe recipe =
        trained.isEmpty()
            ? asked
            : asked.withTeacher(asked.teacher().withNetwork(trained.get(0).network()));
    return new Builder(recipe, asked.sha256()).chain(trained, OnnxTeachers.all(recipe, paths));
  }

  /** The trainings of a recipe by their stage's name, in their order. */
  static Map<String, Recipe.Planned> trainings(Recipe recipe) {
    Map<String, Recipe.Planned> trainings = new LinkedHashMap<>();
    for (Step<?> each : new Builder(recipe, "").chain(List.of(), OnnxTeachers.NONE).steps()) {
      if (each instanceof TrainingStage training) {
        trainings.put(each.name(), training.planned());
      }
    }
    return trainings;
  }

  /** Declares stages, each after those it needs. */
  private static final class Builder {
    private final Recipe recipe;
    private final String recipeSha256;
    private final List<Step<?>> steps = new ArrayList<>();
    private final List<TrainingStage> judged = new ArrayList<>();

    Builder(Recipe recipe, String recipeSha256) {
      this.recipe = recipe;
      this.recipeSha256 = recipeSha256;
    }

    Chain chain(List<TrainedTeacher> trained, OnnxTeachers others) {
      List<EvaluationStage> teachers = new ArrayList<>();
      for (TrainedTeacher each : trained) {
        teachers.add(teacher(each.name(), add(each)));
      }
      List<Long> seeds = recipe.teacherSeeds();
      for (int k = 0; k < seeds.size(); k++) {
        String name = TEACHER + (k + 1);
        Step<TrainingResult> network =
            training(
                name,
                recipe.teacher(),
                TrainingStage.Role.TEACHER,
                seeds.get(k),
                List.of(),
                k == 0);
        teachers.add(teacher(name, network));
      }
      List<PseudoLabelStage> labels = new ArrayList<>();
      int sets = recipe.pseudoLabels() == null ? 0 : recipe.pseudoLabels().data().size();
      for (int set = 1; set <= sets; set++) {
        PseudoLabelStage before = null;
        for (TaskName target : labelled(others)) {
          before =
              add(
                  new PseudoLabelStage(
                      recipe,
                      set,
                      target,
                      isOwn(target) ? teachers : List.of(),
                      others.of(target),
                      others.notes(),
                      before));
          labels.add(before);
        }
      }
      Optional<EvaluationStage> student = Optional.empty();
      Optional<BundleStage> bundle = Optional.empty();
      if (recipe.student() != null) {
        Step<TrainingResult> network =
            training(
                STUDENT, recipe.student(), TrainingStage.Role.STUDENT, recipe.seed(), labels, true);
        student = Optional.of(add(new EvaluationStage(STUDENT, recipe, network)));
        if (recipe.export().enabled()) {
          bundle =
              Optional.of(
                  add(new BundleStage(recipe, recipeSha256, student.get(), teachers, labels)));
        }
      }
      return new Chain(recipe, steps, judged, teachers, labels, student, bundle);
    }

    private boolean isOwn(TaskName target) {
      return recipe.teacher() != null && recipe.pseudoLabels().target().equals(target);
    }

    /** What teachers label, what those say that are trained here first. */
    private Set<TaskName> labelled(OnnxTeachers others) {
      Set<TaskName> targets = new LinkedHashSet<>();
      if (recipe.teacher() != null || others.byTarget().isEmpty()) {
        targets.add(recipe.pseudoLabels().target());
      }
      targets.addAll(others.byTarget().keySet());
      return targets;
    }

    private EvaluationStage teacher(String name, Step<TrainingResult> network) {
      EvaluationStage measured = add(new EvaluationStage(name, recipe, network));
      if (recipe.export().teachers()) {
        add(new TeacherModelStage(name, recipe, measured));
      }
      return measured;
    }

    /** A training and what is made of its network. */
    private Step<TrainingResult> training(
        String name,
        Training training,
        TrainingStage.Role role,
        long seed,
        List<PseudoLabelStage> labels,
        boolean isJudged) {
      List<TrainingStage> alone = new ArrayList<>();
      for (TaskName head :
          training.distill() == null ? List.<TaskName>of() : training.network().heads()) {
        String of = name + "-" + head + ALONE;
        Training one = training.alone(head);
        alone.add(add(new TrainingStage(of, recipe, one, role, seed, null, labels, List.of())));
      }
      TrainingStage last =
          add(new TrainingStage(name, recipe, training, role, seed, null, labels, alone));
      if (isJudged) {
        judged.addAll(alone);
        judged.add(last);
      }
      for (int k = 0; k < training.fineTuning().size(); k++) {
        last =
            add(
                new TrainingStage(
                    name + FINE_TUNED + (k + 1),
                    recipe,
                    training.fineTuned(k),
                    role,
                    seed,
                    last,
                    labels,
                    alone));
      }
      Step<TrainingResult> network = last;
      if (training.preciseBatchNorm() > 0) {
        network = add(new PreciseBatchNormStage(name, network));
      }
      if (training.logitAdjustment() > 0) {
        network = add(new AdjustmentStage(name, network));
      }
      return network;
    }

    private <S extends Step<?>> S add(S step) {
      steps.add(step);
      return step;
    }
  }
}
