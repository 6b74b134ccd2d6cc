package dev.tarsier.trainer.task;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.tarsier.runtime.task.ClassMap;
import java.awt.Color;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The classes that a network tells apart. Of pixels: a known set, by the name under which recipes
 * and experiments know it, or a user's own. Ids are 0 to size() − 1; 255 is ignored. Of images as a
 * whole: a list for each such task.
 *
 * @param id such as {@code nyu13}
 * @param names by class id
 * @param colors by class id, packed 0xRRGGBB
 * @param labelFolder where a data set's folder keeps these labels, such as {@code label13}
 * @param source whose classes they are, for people
 * @param indoors whether they are of scenes indoors, else of streets; null where that is not known
 * @param images names of classes by id, of each task that says one class of the image as a whole
 */
@JsonDeserialize(using = ClassSet.Reader.class)
public record ClassSet(
    String id,
    List<String> names,
    List<Integer> colors,
    String labelFolder,
    String source,
    Boolean indoors,
    SortedMap<String, List<String>> images) {
  private static final String NYU = "NYU Depth v2";
  private static final String CITYSCAPES = "Cityscapes";

  /** The 13 classes of NYU Depth v2. */
  public static final ClassSet NYU_13 =
      new ClassSet("nyu13", NyuClasses.NAMES_13, NyuClasses.COLORS_13, "label13", NYU, true);

  /** The 40 classes of NYU Depth v2. */
  public static final ClassSet NYU_40 =
      new ClassSet("nyu40", NyuClasses.NAMES_40, NyuClasses.COLORS_40, "label40", NYU, true);

  /** The 19 classes that Cityscapes scores. */
  public static final ClassSet CITYSCAPES_19 =
      new ClassSet(
          "cityscapes19",
          CityscapesClasses.NAMES_19,
          CityscapesClasses.COLORS_19,
          "gtFine",
          CITYSCAPES,
          false);

  /** The 7 categories of Cityscapes. */
  public static final ClassSet CITYSCAPES_7 =
      new ClassSet(
          "cityscapes7",
          CityscapesClasses.NAMES_7,
          CityscapesClasses.COLORS_7,
          "gtFine",
          CITYSCAPES,
          false);

  private static final List<ClassSet> ALL = List.of(NYU_13, NYU_40, CITYSCAPES_19, CITYSCAPES_7);

  /** Classes of pixels alone. */
  public ClassSet(
      String id,
      List<String> names,
      List<Integer> colors,
      String labelFolder,
      String source,
      Boolean indoors) {
    this(id, names, colors, labelFolder, source, indoors, new TreeMap<>());
  }

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
    SortedMap<String, List<String>> copy = new TreeMap<>();
    images.forEach((task, each) -> copy.put(task, List.copyOf(each)));
    images = Collections.unmodifiableSortedMap(copy);
    for (String task : images.keySet()) {
      if (ImageClassification.named(task).isEmpty()) {
        throw new IllegalArgumentException(
            "images has '%s'; a class of the image as a whole is called %s"
                .formatted(task, ImageClassification.WRITTEN));
      }
      try {
        ImageClassification.of(task, images.get(task));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("images.%s: %s".formatted(task, e.getMessage()), e);
      }
    }
  }

  /** The same classes of pixels with others of images. */
  public ClassSet withImages(Map<String, List<String>> others) {
    return new ClassSet(id, names, colors, labelFolder, source, indoors, new TreeMap<>(others));
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
    return hex(colors.get(classId));
  }

  static String hex(int color) {
    return String.format(Locale.ROOT, "#%06X", color);
  }

  /** Hues that lie far apart, whatever their number: steps of the golden angle. */
  static int distinctColor(int id) {
    float hue = (float) (id * 0.618033988749895 % 1);
    return Color.HSBtoRGB(hue, id % 2 == 0 ? 0.55f : 0.85f, id % 3 == 2 ? 0.65f : 0.9f) & 0xFFFFFF;
  }

  /** As a recipe says it: a known set's name, or what is said of a user's own. */
  @JsonValue
  Object json() {
    return images.isEmpty() ? pixels() : new Both(pixels(), images);
  }

  private Object pixels() {
    return known().isPresent()
        ? id
        : new Own(
            id, names, IntStream.range(0, size()).mapToObj(this::color).toList(), labelFolder);
  }

  private Optional<ClassSet> known() {
    ClassSet alone = images.isEmpty() ? this : withImages(Map.of());
    return ALL.stream().filter(alone::equals).findFirst();
  }

  /** Whether it is a user's own. */
  public boolean isOwn() {
    return known().isEmpty();
  }

  /**
   * A user's own classes.
   *
   * @param name of the set; must be none of the known sets'
   * @param names by class id
   * @param colors by class id, {@code #RRGGBB}; chosen where absent
   * @param labelFolder where a folder in NYU's layout keeps their labels; {@code labels} where
   *     absent
   */
  private record Own(String name, List<String> names, List<String> colors, String labelFolder) {
    ClassSet set() {
      if (name == null || !name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
        throw new IllegalArgumentException(
            "name must be letters, digits, dots, dashes and underscores, got '%s'".formatted(name));
      }
      if (ALL.stream().anyMatch(each -> each.id().equals(name))) {
        throw new IllegalArgumentException(
            "name '%s' is that of a known set; choose another for your own classes"
                .formatted(name));
      }
      if (names == null) {
        throw new IllegalArgumentException("names is missing; list the classes by id, from 0");
      }
      List<Integer> packed = new ArrayList<>();
      for (int id = 0; id < (colors == null ? names.size() : colors.size()); id++) {
        packed.add(colors == null ? distinctColor(id) : packed(colors.get(id)));
      }
      return new ClassSet(
          name, names, packed, labelFolder == null ? "labels" : labelFolder, name, null);
    }

    private static int packed(String color) {
      if (color == null || !color.matches("#[0-9A-Fa-f]{6}")) {
        throw new IllegalArgumentException(
            "colors must be like '#1F77B4', got '%s'".formatted(color));
      }
      return Integer.parseInt(color.substring(1), 16);
    }
  }

  /**
   * Classes of pixels and of images.
   *
   * @param pixels a known set's name, or a user's own
   * @param images names by task
   */
  private record Both(Object pixels, Map<String, List<String>> images) {}

  /** The same as a recipe says it. */
  private record Said(ClassSet pixels, TreeMap<String, List<String>> images) {
    ClassSet set() {
      if (images == null) {
        throw new IllegalArgumentException("images is missing; name a task and its classes");
      }
      return (pixels == null ? NYU_13 : pixels).withImages(images);
    }
  }

  /** Reads a known set's name, a section with a user's own classes, or one with those of images. */
  static final class Reader extends JsonDeserializer<ClassSet> {
    @Override
    public ClassSet deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      JsonNode said = context.readTree(parser);
      try {
        if (said.has("images") || said.has("pixels")) {
          return context.readTreeAsValue(said, Said.class).set();
        }
        return said.isObject() ? context.readTreeAsValue(said, Own.class).set() : of(said.asText());
      } catch (IllegalArgumentException e) {
        throw JsonMappingException.from(context, e.getMessage());
      }
    }
  }
}
