package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.ClassLabel;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.ImageClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * One class for the whole image, such as which digit or what kind of room. A network may have
 * several such tasks. Each has a name that ends in {@code _class}, such as {@code digit_class};
 * which classes it has is said by its data sets or by the recipe, under {@code classes.images}.
 *
 * <p>Known of an image is {@link dev.tarsier.runtime.task.Plane#ofImageId}, or nothing.
 *
 * @param head with its classes, ids 0, 1, 2 … in the order of the network's channels
 */
public record ImageClassification(Head head) implements Task {
  /** As the names of these tasks are written, for people. */
  static final String WRITTEN = "<name>_class";

  /** What they end in. */
  static final String SUFFIX = "_class";

  /** What their names may be, for people. */
  static final String SPELLING =
      "a name has small letters, digits and _, begins with a letter and ends in _class, 63 at most";

  private static final Pattern ID = Pattern.compile("[a-z][a-z0-9_]{0,56}" + SUFFIX);

  /** Where the classes do not matter; enough of them for every metric. */
  private static final List<String> ANY =
      IntStream.range(0, 10).mapToObj(Integer::toString).toList();

  /**
   * Makes the task of that name.
   *
   * @param id such as {@code digit_class}
   */
  record Type(String id) implements TaskType {
    @Override
    public Task create(Settings settings) {
      List<String> names = settings.classes().images().get(id);
      if (names == null) {
        throw new IllegalArgumentException(
            ("%1$s has no classes; add data that has %1$s, or name its classes:"
                    + " classes: {images: {%1$s: [first, second, …]}}")
                .formatted(id));
      }
      return of(id, names);
    }

    @Override
    public Task any() {
      return of(id, ANY);
    }
  }

  /** The type of the task of that name; none where it is no name of such a task. */
  static Optional<TaskType> named(String name) {
    return ID.matcher(name).matches() ? Optional.of(new Type(name)) : Optional.empty();
  }

  /**
   * A task.
   *
   * @param id such as {@code digit_class}
   * @param names of the classes by id. Not modified.
   */
  public static ImageClassification of(String id, List<String> names) {
    List<ClassLabel> labels = new ArrayList<>();
    for (int k = 0; k < names.size(); k++) {
      labels.add(new ClassLabel(k, names.get(k), ClassSet.hex(ClassSet.distinctColor(k))));
    }
    return new ImageClassification(new Head(id, new ImageClass(labels)));
  }

  @Override
  public Map<String, PixelLoss> losses() {
    return Map.of("cross_entropy", MaskedCrossEntropy::of);
  }
}
