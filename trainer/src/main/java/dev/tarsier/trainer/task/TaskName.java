package dev.tarsier.trainer.task;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import java.util.Locale;

/**
 * A task as a recipe names it, in any case.
 *
 * @param type which
 */
public record TaskName(TaskType type) {
  /**
   * The task of that id or of that name in recipes.
   *
   * @throws IllegalArgumentException if there is none; the message names those there are
   */
  @JsonCreator
  public static TaskName of(String name) {
    return new TaskName(Tasks.of(name.toLowerCase(Locale.ROOT)));
  }

  /** What its values are; which classes and what range there are says nothing here. */
  public HeadKind kind() {
    return type.any().head().kind();
  }

  /** Whether it tells classes apart, pixel by pixel. */
  public boolean isOfClasses() {
    return kind() instanceof ClassMap;
  }

  /** In capitals, as an enum's values are written: the hashes of trainings stand over it. */
  @JsonValue
  String hashed() {
    return type.recipeName().toUpperCase(Locale.ROOT);
  }

  /** As recipes write it. */
  @Override
  public String toString() {
    return type.recipeName();
  }
}
