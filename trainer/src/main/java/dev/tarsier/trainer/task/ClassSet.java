package dev.tarsier.trainer.task;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.runtime.task.ClassMap;
import java.awt.Color;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

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
 * @param sources what label files call the classes
 */
@JsonDeserialize(using = ClassSet.Reader.class)
public record ClassSet(
    String id,
    List<String> names,
    List<Integer> colors,
    String labelFolder,
    String source,
    Boolean indoors,
    SortedMap<String, List<String>> images,
    ClassSources sources) {
  /** The 13 classes of NYU Depth v2. */
  public static final ClassSet NYU_13 = shipped("nyu13");

  /** The 40 classes of NYU Depth v2. */
  public static final ClassSet NYU_40 = shipped("nyu40");

  /** The 19 classes that Cityscapes scores. */
  public static final ClassSet CITYSCAPES_19 = shipped("cityscapes19");

  /** The 7 categories of Cityscapes. */
  public static final ClassSet CITYSCAPES_7 = shipped("cityscapes7");

  private static final List<ClassSet> ALL = List.of(NYU_13, NYU_40, CITYSCAPES_19, CITYSCAPES_7);

  private static ClassSet shipped(String id) {
    String file = id + ".yaml";
    try (InputStream yaml = ClassSet.class.getResourceAsStream(file)) {
      return StrictYaml.parse(
              new String(yaml.readAllBytes(), StandardCharsets.UTF_8), file, ClassFile.class)
          .set();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Classes of pixels alone, whose ids label files store. */
  public ClassSet(
      String id,
      List<String> names,
      List<Integer> colors,
      String labelFolder,
      String source,
      Boolean indoors) {
    this(id, names, colors, labelFolder, source, indoors, new TreeMap<>(), ClassSources.NONE);
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
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (name.isBlank() || !name.equals(name.strip())) {
        throw new IllegalArgumentException(
            "a name must not be empty or begin or end with a space, got '%s'".formatted(name));
      }
      if (!seen.add(name)) {
        throw new IllegalArgumentException(
            "names must be unique, '%s' is there twice".formatted(name));
      }
    }
    sources.check(names);
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
    return new ClassSet(
        id, names, colors, labelFolder, source, indoors, new TreeMap<>(others), sources);
  }

  /**
   * The same for label files that store the classes' own ids, 0, 1, 2 …, as the product's bags do.
   */
  public ClassSet storedByOwnIds() {
    return new ClassSet(
        id, names, colors, labelFolder, source, indoors, images, sources.withoutNumbers());
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

  /**
   * The class that label files call by a name.
   *
   * @return its id; 255 for what is ignored; −1 for a name that nobody has said anything of
   */
  public int ofName(String name) {
    int id = names.indexOf(name);
    return id >= 0 ? id : ofKey(name);
  }

  /**
   * The class that label files store as a number.
   *
   * @return its id; 255 for what is ignored, as 255 always is; −1 for a number that nobody has said
   *     anything of
   */
  public int ofStored(int stored) {
    int id = sources.ids().isEmpty() ? stored - sources.firstId() : sources.ids().indexOf(stored);
    if (id >= 0 && id < size()) {
      return id;
    }
    int said = ofKey(Integer.toString(stored));
    return said == ClassSources.UNKNOWN && stored == ClassMap.USUAL_IGNORE_ID ? stored : said;
  }

  /**
   * The class that label files paint in a colour.
   *
   * @param color packed 0xRRGGBB
   * @return its id; 255 for what is ignored; −1 for a colour that nobody has said anything of
   */
  public int ofColor(int color) {
    int id = colors.indexOf(color);
    return id >= 0 ? id : ofKey(hex(color));
  }

  private int ofKey(String key) {
    String merged = sources.merges().get(key);
    if (merged != null) {
      return names.indexOf(merged);
    }
    return sources.ignored().contains(key) ? ClassMap.USUAL_IGNORE_ID : ClassSources.UNKNOWN;
  }

  /** A colour as {@code #RRGGBB}. */
  public static String hex(int color) {
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
    return known().isPresent() ? id : ClassFile.of(this);
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
   * Classes of a user's own.
   *
   * @throws IllegalArgumentException if they have a known set's name, or two have one colour
   */
  public static ClassSet own(ClassSet said) {
    if (ALL.stream().anyMatch(each -> each.id().equals(said.id()))) {
      throw new IllegalArgumentException(
          "name '%s' is that of a known set; choose another for your own classes"
              .formatted(said.id()));
    }
    for (int id = 0; id < said.size(); id++) {
      int first = said.colors().indexOf(said.colors().get(id));
      if (first < id) {
        throw new IllegalArgumentException(
            "'%s' and '%s' have one colour, %s; give each its own"
                .formatted(said.names().get(first), said.names().get(id), said.color(id)));
      }
    }
    return said;
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
        return said.isObject()
            ? own(context.readTreeAsValue(said, ClassFile.class).set())
            : of(said.asText());
      } catch (IllegalArgumentException e) {
        throw JsonMappingException.from(context, e.getMessage());
      }
    }
  }
}
