package dev.tarsier.trainer.task;

import dev.tarsier.runtime.accuracy.Metrics;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.task.Head;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** All tasks that there are, in the order of the class path. */
public final class Tasks {
  private static final List<TaskType> ALL =
      ServiceLoader.load(TaskType.class).stream().map(ServiceLoader.Provider::get).toList();

  private Tasks() {}

  /** All that have a name of their own; those of whole images are named by who has them. */
  public static List<TaskType> all() {
    return ALL;
  }

  /** The task of that id or of that name in recipes. */
  public static Optional<TaskType> find(String name) {
    return ALL.stream()
        .filter(type -> type.id().equals(name) || type.recipeName().equals(name))
        .findFirst()
        .or(() -> ImageClassification.named(name));
  }

  /** What recipes may call tasks, for people. */
  public static List<String> names() {
    return Stream.concat(
            ALL.stream().map(TaskType::recipeName), Stream.of(ImageClassification.WRITTEN))
        .toList();
  }

  /**
   * The head that a metric is of, with any settings.
   *
   * @param figure such as {@code digit_class.accuracy}
   * @return none where no task has such a metric
   */
  public static Optional<Head> measuredBy(String figure) {
    int dot = figure.indexOf('.');
    return dot < 0
        ? Optional.empty()
        : find(figure.substring(0, dot))
            .map(type -> type.any().head())
            .filter(head -> Metrics.of(head).stream().anyMatch(each -> each.name().equals(figure)));
  }

  /**
   * The task of that id or of that name in recipes.
   *
   * @throws IllegalArgumentException if there is none; the message names those there are
   */
  public static TaskType of(String name) {
    return find(name)
        .orElseThrow(
            () -> {
              List<String> names = names();
              List<String> meant = new ArrayList<>(names);
              int last = name.lastIndexOf('_');
              if (last > 0) { // "digit_clas" is near to no name, and meant for one of a whole image
                meant.add(name.substring(0, last) + ImageClassification.SUFFIX);
              }
              return new IllegalArgumentException(
                  "a task must be one of %s, got '%s'%s"
                      .formatted(
                          String.join(", ", names),
                          name,
                          name.endsWith(ImageClassification.SUFFIX)
                              ? "; " + ImageClassification.SPELLING
                              : NearestName.question(name, meant).orElse("")));
            });
  }
}
