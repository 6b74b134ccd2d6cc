package dev.tarsier.trainer.recipe;

import dev.tarsier.runtime.accuracy.Metric;
import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.trainer.dataset.Augmentation;
import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.dataset.DataSet.DepthScale;
import dev.tarsier.trainer.dataset.Streams.Alternation;
import dev.tarsier.trainer.objective.Losses;
import dev.tarsier.trainer.pseudolabel.PseudoLabelOptions;
import dev.tarsier.trainer.task.ClassSet;
import dev.tarsier.trainer.task.ExtraInput;
import dev.tarsier.trainer.task.TaskName;
import dev.tarsier.trainer.task.Tasks;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which sections of a recipe fit together. Each check throws what a person can mend. */
final class RecipeChecks {
  private RecipeChecks() {}

  static void crop(String key, int value, int most) {
    if (value < 0 || value > most) {
      throw new IllegalArgumentException(
          "%s must be 0 to the network's %d, got %d".formatted(key, most, value));
    }
  }

  /** Streams stand in place of data; two or more, each with a name of its own. */
  static void streams(List<DataSet> data, List<Training.Stream> streams, Alternation alternate) {
    if (streams == null) {
      if (alternate != null) {
        throw new IllegalArgumentException(
            "alternate is %s, but there are no streams that could take turns; write streams, or leave"
                    .formatted(alternate.name().toLowerCase(Locale.ROOT))
                + " alternate out");
      }
      return;
    }
    if (!data.isEmpty()) {
      throw new IllegalArgumentException(
          "streams and data are both given; what is in data must be part of a stream, so leave one"
              + " of the two out (data: [] where it is said above)");
    }
    if (streams.size() < 2) {
      throw new IllegalArgumentException(
          "streams must be two or more, got %d; write data: […] for one".formatted(streams.size()));
    }
    Set<String> names = new HashSet<>();
    for (Training.Stream each : streams) {
      if (!names.add(each.name())) {
        throw new IllegalArgumentException(
            "streams has two that are called '%s'; give each a name of its own"
                .formatted(each.name()));
      }
    }
  }

  /** Metric depth is divided by the magnification; inverse depth would have to be multiplied. */
  static void scale(List<DataSet> data, Augmentation augmentation) {
    if (inverse(data) && !augmentation.keepsScale()) {
      throw new IllegalArgumentException(
          "data has depth: inverse, which cannot be magnified; write"
              + " augmentation: {min_scale: 1, max_scale: 1}, or depth: metres");
    }
  }

  private static void inverseDepth(PseudoLabelOptions labels) {
    if (!inverse(labels.data())) {
      return;
    }
    if (labels.target().kind() instanceof MetricMap) {
      throw new IllegalArgumentException(
          "pseudo_labels.target is depth, which is kept in millimetres, but its data has"
              + " depth: inverse; write depth: metres");
    }
    if (labels.scales().stream().anyMatch(scale -> scale != 1)) {
      throw new IllegalArgumentException(
          "pseudo_labels.data has depth: inverse, which cannot be magnified; write scales: [1.0],"
              + " or depth: metres");
    }
  }

  /** A network that says or sees depth must have it in one unit. */
  static void depthUnit(
      String name, Training training, PseudoLabelOptions labels, Recipe.Evaluation evaluation) {
    if (training == null || !training.network().knowsMeasures()) {
      return;
    }
    List<DataSet> all = new ArrayList<>(training.allData());
    all.addAll(training.validation().data());
    all.addAll(evaluation.data());
    if (labels != null) {
      all.addAll(labels.data());
    }
    if (inverse(all) && any(all, DepthScale.METRES)) {
      throw new IllegalArgumentException(
          ("the %s has data of depth: inverse beside data whose depth is in metres; write the same"
                  + " depth in training, validation, evaluation and pseudo_labels, or depth: none")
              .formatted(name));
    }
  }

  /** A number of something. */
  static void atLeast(String key, long least, long value) {
    if (value < least) {
      throw new IllegalArgumentException("%s must be >= %d, got %d".formatted(key, least, value));
    }
  }

  /** A network of one task, which {@code distill} learns from, must itself have a loss. */
  static void taughtAlone(List<TaskName> heads, Losses losses) {
    for (TaskName head : heads) {
      if (!losses.learns(head)) {
        throw new IllegalArgumentException(
            "distill trains a network for each head first, but losses.%1$s_weight is 0, so that of %1$s would learn nothing; give it a weight, or take %1$s out of network.heads"
                .formatted(head));
      }
    }
  }

  /** What an epoch is judged by must be a figure that is measured. */
  static void score(Map<String, Double> score) {
    score.forEach(
        (figure, weight) -> {
          if (Tasks.measuredBy(figure).isEmpty()) {
            List<String> known = figures();
            throw new IllegalArgumentException(
                "score has no figure '%s'%s; there are %s"
                    .formatted(figure, NearestName.question(figure, known).orElse(""), known));
          }
          if (!Double.isFinite(weight)) {
            throw new IllegalArgumentException(
                "score %s must be a number, got %s".formatted(figure, weight));
          }
        });
  }

  private static List<String> figures() {
    return Tasks.all().stream()
        .map(type -> type.any().head())
        .flatMap(head -> Metrics.of(head).stream())
        .map(Metric::name)
        .toList();
  }

  /**
   * Every head must know its classes, and something must tell which epoch is best.
   *
   * @param where the section, for the message
   */
  static void heads(String where, Training training, ClassSet classes) {
    if (training != null) {
      Map<String, Double> score = training.validation().weights();
      if (score.values().stream().allMatch(weight -> weight == 0)) {
        throw new IllegalArgumentException(
            "%s.validation.score counts nothing: %s; give a figure another weight than 0"
                .formatted(where, score));
      }
      try {
        training.network().tasks(classes);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "%s.network.heads: %s".formatted(where, e.getMessage()), e);
      }
    }
  }

  /** Who trains a teacher wants its labels, or its model. */
  static void use(
      Training teacher, Training student, PseudoLabelOptions labels, Recipe.Export export) {
    if (teacher != null && student != null && labels == null && !export.teachers()) {
      throw new IllegalArgumentException(
          "the teacher teaches nobody; add the section pseudo_labels, or export: {teachers: true} if"
              + " its model is all that is wanted, or leave the teacher out");
    }
  }

  /** A teacher's model is checked on validation frames. */
  static void models(Training teacher, Recipe.Export export) {
    if (export.teachers() && teacher != null && teacher.validation().data().isEmpty()) {
      throw new IllegalArgumentException(
          "export.teachers is true, but teacher.validation.data is missing; the models are checked"
              + " on its frames");
    }
  }

  /** Whether a data set has inverse depth. */
  static boolean inverse(List<DataSet> data) {
    return any(data, DepthScale.INVERSE);
  }

  private static boolean any(List<DataSet> data, DepthScale scale) {
    return data.stream().anyMatch(each -> each.depthScale() == scale);
  }

  /** Only a student is taught by pseudo-labels. */
  static void plain(String key, List<DataSet> data) {
    if (taught(data)) {
      throw new IllegalArgumentException(
          "%s has {kind: pseudo_labels}; they are for the data of a student alone".formatted(key));
    }
  }

  /** Someone else's networks label what a student learns. */
  static void others(List<OnnxSection> others, PseudoLabelOptions labels, Training student) {
    if (others.isEmpty()) {
      return;
    }
    if (student == null) {
      throw new IllegalArgumentException(
          "%s teaches nobody; add the section student".formatted(others.get(0).onnx()));
    }
    if (labels == null) {
      throw new IllegalArgumentException(
          "%s teaches nobody; add the section pseudo_labels with the data that it shall label"
              .formatted(others.get(0).onnx()));
    }
    if (labels.scales().stream().anyMatch(scale -> scale != 1)) {
      throw new IllegalArgumentException(
          "pseudo_labels.scales is %s, and %s sees frames at one size; write scales: [1.0], or leave it out"
              .formatted(labels.scales(), others.get(0).onnx()));
    }
  }

  static void teacher(Training teacher, List<OnnxSection> others, PseudoLabelOptions labels) {
    if (teacher != null) {
      if (!teacher.trained().isEmpty() && teacher.ensemble() != 1) {
        throw new IllegalArgumentException(
            "teacher.trained names the teachers; leave teacher.ensemble out, got "
                + teacher.ensemble());
      }
      if (!teacher.trained().isEmpty() && teacher.firstSeed() != 0) {
        throw new IllegalArgumentException(
            "teacher.trained names the teachers; leave teacher.first_seed out, got "
                + teacher.firstSeed());
      }
      plain("teacher." + teacher.dataKey(), teacher.allData());
      plain("teacher.validation.data", teacher.validation().data());
      if (teacher.losses().softWeight() > 0) {
        throw new IllegalArgumentException(
            "teacher.losses.soft_weight must be 0; nobody teaches the teacher");
      }
    } else if (labels != null && others.isEmpty()) {
      throw new IllegalArgumentException(
          "pseudo_labels need a teacher; add the section teacher, or leave them out");
    }
  }

  static void pseudoLabels(PseudoLabelOptions labels, Training teacher, Training student) {
    if (labels == null) {
      return;
    }
    if (!labels.soft() && labels.temperature() != 1) {
      throw new IllegalArgumentException(
          "pseudo_labels.temperature is %s, but softens only a distribution; write soft: true too,"
                  .formatted(labels.temperature())
              + " or leave it out");
    }
    plain("pseudo_labels.data", labels.data());
    if (labels.data().isEmpty()) {
      throw new IllegalArgumentException(
          "pseudo_labels.data is missing; list the data sets whose frames the teacher labels");
    }
    if (student != null && !taught(student.allData())) {
      throw new IllegalArgumentException(
          "the student does not use the pseudo_labels; add {kind: pseudo_labels} to student.data,"
              + " or leave them out");
    }
    if (teacher == null) {
      return; // what others say is known once their files are read
    }
    inverseDepth(labels);
    String target = labels.target().toString();
    if (!teacher.network().has(labels.target())) {
      throw new IllegalArgumentException(
          "pseudo_labels.target is %s, which the teacher does not say; its heads are %s"
              .formatted(target, teacher.network().heads()));
    }
    ExtraInput given = teacher.network().extra();
    if (labels.target().type().equals(given.type())) {
      throw new IllegalArgumentException(
          ("pseudo_labels.target is %s, but the teacher is given just that (extra: %s);"
                  + " the frames to be labelled do not have it")
              .formatted(target, given));
    }
    if (student != null && !student.network().has(labels.target())) {
      throw new IllegalArgumentException(
          "pseudo_labels.target is %s, but the student has no head for it; its heads are %s"
              .formatted(target, student.network().heads()));
    }
  }

  private static void soft(PseudoLabelOptions labels, Training student) {
    double weight = student.losses().softWeight();
    if (labels != null && labels.soft() && weight == 0) {
      throw new IllegalArgumentException(
          "pseudo_labels.soft is true, but the student learns nothing from it; give"
              + " student.losses.soft_weight, or leave soft out");
    }
    if (weight > 0 && (labels == null || !labels.soft())) {
      throw new IllegalArgumentException(
          "student.losses.soft_weight is %s, but there is no distribution to learn from; write"
                  .formatted(weight)
              + " pseudo_labels: {soft: true}, or leave soft_weight out");
    }
  }

  static void student(Training student, PseudoLabelOptions labels, Recipe.Export export) {
    if (student == null) {
      return;
    }
    plain("student.validation.data", student.validation().data());
    if (!student.trained().isEmpty()) {
      throw new IllegalArgumentException(
          "student.trained is for teachers; the student is what a recipe trains");
    }
    if (student.ensemble() != 1) {
      throw new IllegalArgumentException(
          "student.ensemble must be 1, got %d; a robot runs one network, only teachers come in"
                  .formatted(student.ensemble())
              + " numbers");
    }
    if (student.firstSeed() != 0) {
      throw new IllegalArgumentException(
          "student.first_seed is for teachers; the student's seed is the recipe's");
    }
    soft(labels, student);
    if (taught(student.allData()) && labels == null) {
      throw new IllegalArgumentException(
          "student.%s has {kind: pseudo_labels}, but the recipe has no section pseudo_labels"
              .formatted(student.dataKey()));
    }
    if (taught(student.allData())) {
      scale(labels.data(), student.augmentation());
      student
          .fineTuning()
          .forEach(each -> scale(labels.data(), each.varied(student.augmentation())));
    }
    for (DataSet each : student.allData()) {
      if (each instanceof PseudoLabelled pseudo) {
        pseudoLabelled(pseudo, labels);
      }
    }
    if (!student.network().extra().isNone() && export.enabled()) {
      throw new IllegalArgumentException(
          ("student.network.extra is %s: a bundle is for a robot, which has one RGB camera and"
                  + " nothing else. Write export: {enabled: false} to train it for comparison, or"
                  + " make it the teacher")
              .formatted(student.network().extra()));
    }
    boolean inverse = inverse(student.allData()) || (labels != null && inverse(labels.data()));
    if (inverse && student.network().givesMeasures() && export.enabled()) {
      throw new IllegalArgumentException(
          "the student learns inverse depth, and a bundle says metres. Write depth: metres, or"
              + " export: {enabled: false} to train it for comparison");
    }
  }

  private static void pseudoLabelled(PseudoLabelled pseudo, PseudoLabelOptions labels) {
    if (pseudo.set() > labels.data().size()) {
      throw new IllegalArgumentException(
          "student.data has {kind: pseudo_labels, set: %d}, but pseudo_labels.data has only %d"
              .formatted(pseudo.set(), labels.data().size()));
    }
    if (!pseudo.hard() && labels.target().isOfClasses() && !labels.soft()) {
      throw new IllegalArgumentException(
          "student.data has {kind: pseudo_labels, hard: false}, so that it learns from the teacher's"
              + " distribution alone, and there is none; write pseudo_labels: {soft: true}, or leave"
              + " hard out");
    }
  }

  private static boolean taught(List<DataSet> data) {
    return data.stream().anyMatch(PseudoLabelled.class::isInstance);
  }
}
