package dev.tarsier.trainer.recipe;

import dev.tarsier.trainer.dataset.DataSet;
import dev.tarsier.trainer.pseudolabel.PseudoLabelOptions;
import dev.tarsier.trainer.task.ClassSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which classes of images as a whole there are: the recipe's own word, and its data sets'. */
final class ImageClasses {
  private ImageClasses() {}

  /**
   * The recipe's classes with those that its data sets tell apart.
   *
   * @param said what the recipe says; its names count where a data set has others
   * @throws IllegalArgumentException if there are two lists of one task
   */
  static ClassSet of(
      ClassSet said,
      Training teacher,
      PseudoLabelOptions labels,
      Training student,
      Recipe.Evaluation evaluation) {
    List<DataSet> all = new ArrayList<>(evaluation.data());
    for (Training training : new Training[] {teacher, student}) {
      if (training != null) {
        all.addAll(training.allData());
        all.addAll(training.validation().data());
      }
    }
    if (labels != null) {
      all.addAll(labels.data());
    }
    Map<String, List<String>> images = new TreeMap<>(said.images());
    for (DataSet each : all) {
      each.imageClasses().forEach((task, names) -> add(task, names, said, images));
    }
    return said.withImages(images);
  }

  private static void add(
      String task, List<String> names, ClassSet said, Map<String, List<String>> images) {
    List<String> before = images.putIfAbsent(task, names);
    if (before == null || before.equals(names)) {
      return;
    }
    if (!said.images().containsKey(task)) {
      throw new IllegalArgumentException(
          ("two data sets have different classes of %1$s (%2$d, from '%3$s', and %4$d, from '%5$s');"
                  + " give one of them another task: …_class")
              .formatted(task, before.size(), before.get(0), names.size(), names.get(0)));
    }
    if (before.size() != names.size()) {
      throw new IllegalArgumentException(
          "classes.images.%s names %d classes, but data has %d; name each, by id from 0, or leave it out"
              .formatted(task, before.size(), names.size()));
    }
  }
}
