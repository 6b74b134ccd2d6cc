package dev.tarsier.trainer.task;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
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
