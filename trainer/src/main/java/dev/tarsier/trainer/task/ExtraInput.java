package dev.tarsier.trainer.task;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a network sees besides the image (methods §1), as a recipe names it, in any case.
 *
 * @param type the task whose truth it sees; null for nothing: the only network that ships, for a
 *     robot has nothing else at run time
 */
public record ExtraInput(TaskType type) {
  /** The image alone. */
  public static final ExtraInput NONE = new ExtraInput(null);

  /**
   * What recipes call so: {@code none}, or what a task's truth is called, such as {@code depth}.
   *
   * @throws IllegalArgumentException if there is none; the message names those there are
   */
  @JsonCreator
  public static ExtraInput of(String name) {
    return all()
        .filter(each -> each.toString().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "extra must be one of %s, got '%s'"
                        .formatted(
                            all().map(ExtraInput::toString).collect(Collectors.joining(", ")),
                            name)));
  }

  private static Stream<ExtraInput> all() {
    return Stream.concat(Stream.of(NONE), Tasks.all().stream().map(ExtraInput::new));
  }

  /** Whether there is none. */
  public boolean isNone() {
    return type == null;
  }

  /** The tasks whose planes a network sees: one, or none. */
  public List<Task> tasks(TaskType.Settings settings) {
    return type == null ? List.of() : List.of(type.create(settings));
  }

  /** In capitals, as an enum's values are written: the hashes of trainings stand over it. */
  @JsonValue
  String hashed() {
    return toString().toUpperCase(Locale.ROOT);
  }

  /** As recipes write it. */
  @Override
  public String toString() {
    return type == null ? "none" : type.any().truth();
  }
}
