package dev.tarsier.trainer.task;

import dev.tarsier.runtime.task.ClassMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The classes that a network tells apart, by the name under which recipes and experiments know
 * them. Ids are 0 to size() − 1; 255 is ignored.
 *
 * @param id such as {@code nyu13}
 * @param names by class id
 * @param colors by class id, packed 0xRRGGBB
 * @param labelFolder where the data set's folder keeps these labels, such as {@code label13}
 */
public record ClassSet(String id, List<String> names, List<Integer> colors, String labelFolder) {
  /** The 13 classes of NYU Depth v2. */
  public static final ClassSet NYU_13 =
      new ClassSet("nyu13", NyuClasses.NAMES_13, NyuClasses.COLORS_13, "label13");

  /** The 40 classes of NYU Depth v2. */
  public static final ClassSet NYU_40 =
      new ClassSet("nyu40", NyuClasses.NAMES_40, NyuClasses.COLORS_40, "label40");

  /** The 19 classes that Cityscapes scores. */
  public static final ClassSet CITYSCAPES_19 =
      new ClassSet(
          "cityscapes19", CityscapesClasses.NAMES_19, CityscapesClasses.COLORS_19, "gtFine");

  /** The 7 categories of Cityscapes. */
  public static final ClassSet CITYSCAPES_7 =
      new ClassSet("cityscapes7", CityscapesClasses.NAMES_7, CityscapesClasses.COLORS_7, "gtFine");

  private static final List<ClassSet> ALL = List.of(NYU_13, NYU_40, CITYSCAPES_19, CITYSCAPES_7);

  /** Checks that each class has one name and one colour, and copies the lists. */
  public ClassSet {
    names = List.copyOf(names);
    colors = List.copyOf(colors);
    if (names.isEmpty() || names.size() >= ClassMap.USUAL_IGNORE_ID) {
      throw new IllegalArgumentException(
          "there must be 1 to 254 classes, got %d in %s".formatted(names.size(), id));
    }
    if (names.size() != colors.size()) {
      throw new IllegalArgumentException(
          "%s must have a colour for each class, got %d names and %d colours"
              .formatted(id, names.size(), colors.size()));
    }
    if (new HashSet<>(names).size() != names.size()) {
      throw new IllegalArgumentException("names must be unique, got %s".formatted(names));
    }
  }

  /** All that there are. */
  public static List<ClassSet> all() {
    return ALL;
  }

  /**
   * The classes of that name.
   *
   * @param id such as {@code nyu40}
   * @throws IllegalArgumentException if there are none; the message names those there are
   */
  public static ClassSet of(String id) {
    return ALL.stream()
        .filter(each -> each.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "classes must be one of %s, got '%s'"
                        .formatted(
                            ALL.stream().map(ClassSet::id).collect(Collectors.joining(", ")), id)));
  }

  /** How many classes there are. */
  public int size() {
    return names.size();
  }

  /**
   * A class's colour as {@code #RRGGBB}.
   *
   * @param classId 0 to size() − 1
   */
  public String color(int classId) {
    return String.format(Locale.ROOT, "#%06X", colors.get(classId));
  }
}
