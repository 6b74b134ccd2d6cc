package dev.tarsier.trainer.task;

import dev.tarsier.runtime.config.NearestName;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** All tasks that there are, in the order of the class path. */
public final class Tasks {
  private static final List<TaskType> ALL =
      ServiceLoader.load(TaskType.class).stream().map(ServiceLoader.Provider::get).toList();

  private Tasks() {}

  /** All of them. */
  public static List<TaskType> all() {
    return ALL;
  }

  /** The task of that id or of that name in recipes. */
  public static Optional<TaskType> find(String name) {
    return ALL.stream()
        .filter(type -> type.id().equals(name) || type.recipeName().equals(name))
        .findFirst();
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
              List<String> names = ALL.stream().map(TaskType::recipeName).toList();
              return new IllegalArgumentException(
                  "a task must be one of %s, got '%s'%s"
                      .formatted(
                          String.join(", ", names),
                          name,
                          NearestName.of(name, names)
                              .map(near -> "; did you mean '" + near + "'?")
                              .orElse("")));
            });
  }
}
