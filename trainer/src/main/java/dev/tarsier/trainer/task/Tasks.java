package dev.tarsier.trainer.task;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

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
            () ->
                new IllegalArgumentException(
                    "a task must be one of %s, got '%s'"
                        .formatted(
                            ALL.stream()
                                .map(TaskType::recipeName)
                                .collect(Collectors.joining(", ")),
                            name)));
  }
}
