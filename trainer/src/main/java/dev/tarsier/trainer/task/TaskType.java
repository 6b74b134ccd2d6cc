package dev.tarsier.trainer.task;

/**
 * Makes a task with the settings of a training. One line in {@code
 * META-INF/services/dev.tarsier.trainer.task.TaskType} makes it known.
 */
public interface TaskType {
  /** Id of its tasks. */
  String id();

  /** What recipes call it; the id is understood too. */
  default String recipeName() {
    return id();
  }

  /** The task. */
  Task create(Settings settings);

  /** The task with any settings, for what does not depend on them. */
  default Task any() {
    return create(new Settings(ClassSet.NYU_13, 10));
  }

  /**
   * What a recipe says of what is learned.
   *
   * @param classes that networks tell apart
   * @param maxMetres the largest distance that networks give
   */
  record Settings(ClassSet classes, double maxMetres) {}
}
