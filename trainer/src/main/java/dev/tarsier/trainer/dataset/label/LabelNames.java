package dev.tarsier.trainer.dataset.label;

import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.task.ClassSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Which class a name in label files is. While files are opened it counts the names that are no
 * class, so that all of them can be named at once, and while frames are read it counts the shapes
 * that reach beyond their image. Opening is for one thread.
 */
final class LabelNames {
  /** As tools call it, in small letters. */
  private static final Set<String> BACKGROUND = Set.of("background", "_background_");

  private static final Set<String> VOID =
      Set.of("__ignore__", "__ignore", "ignore", "void", "unlabeled", "unlabelled");

  private static final class Strange {
    private long shapes;
    private final Set<String> frames = new LinkedHashSet<>();
  }

  private final ClassSet classes;
  private final int background;
  private final boolean any;
  private final Map<String, Strange> strange = new LinkedHashMap<>();
  private final Map<String, Integer> cut = new ConcurrentSkipListMap<>();

  LabelNames(ClassSet classes) {
    this(classes, false);
  }

  private LabelNames(ClassSet classes, boolean any) {
    this.classes = classes;
    this.any = any;
    background =
        classes.names().stream()
            .filter(LabelNames::isBackground)
            .findFirst()
            .map(classes::ofName)
            .or(
                () ->
                    BACKGROUND.stream()
                        .sorted()
                        .map(classes::ofName)
                        .filter(id -> id >= 0)
                        .findFirst())
            .orElse(ClassMap.USUAL_IGNORE_ID);
  }

  /** Names that may be anything: they are counted, and none is wrong. */
  static LabelNames any() {
    return new LabelNames(ClassSet.NYU_13, true);
  }

  /** How many shapes have each name that was seen and is no class, in their order. */
  List<LabelSurvey.Entry> strange() {
    return strange.entrySet().stream()
        .map(
            each ->
                LabelSurvey.Entry.ofShapes(
                    each.getKey(),
                    each.getValue().shapes,
                    each.getValue().frames.iterator().next()))
        .toList();
  }

  /** Whether a name says that there is no class. */
  static boolean isNoClass(String name) {
    return isBackground(name) || isVoid(name);
  }

  private static boolean isBackground(String name) {
    return BACKGROUND.contains(name.toLowerCase(Locale.ROOT));
  }

  private static boolean isVoid(String name) {
    return VOID.contains(name.toLowerCase(Locale.ROOT));
  }

  /** The classes. */
  ClassSet classes() {
    return classes;
  }

  /** The class of what no shape covers; 255 where there is none. */
  int background() {
    return background;
  }

  /**
   * The class that a name is.
   *
   * @return its id; 255 for what is ignored; −1 for a name that is no class
   */
  int of(String name) {
    int id = classes.ofName(name);
    if (id >= 0) {
      return id;
    }
    if (isBackground(name)) {
      return background;
    }
    return isVoid(name) ? ClassMap.USUAL_IGNORE_ID : id;
  }

  /** The same while a frame is read, when all names have been {@linkplain #see seen}. */
  int require(String name) {
    int id = of(name);
    if (id < 0) {
      throw new DataException("'%s' is no class%s".formatted(name, meant(name)));
    }
    return id;
  }

  /** Counts a shape of this name. */
  void see(String name, String frame) {
    if (any || of(name) < 0) {
      Strange counted = strange.computeIfAbsent(name, each -> new Strange());
      counted.shapes++;
      counted.frames.add(frame);
    }
  }

  /**
   * Checks that all names were classes.
   *
   * @param where the file or folder
   * @throws DataException otherwise; the message says how often and where, and the way out
   */
  void requireKnown(String where) {
    if (any || strange.isEmpty()) {
      return;
    }
    List<String> each = new ArrayList<>();
    strange.forEach(
        (name, counted) ->
            each.add(
                "'%s' (%d %s in %s%s)"
                    .formatted(
                        name,
                        counted.shapes,
                        counted.shapes == 1 ? "shape" : "shapes",
                        Listing.of(List.copyOf(counted.frames)),
                        meant(name))));
    throw new DataException(
        "%s has labels of what is no class of %s: %s; add it to classes, or say what it is with merges: {NAME: CLASS} or ignored: [NAME]; the classes are %s"
            .formatted(
                where, classes.id(), String.join(", ", each), String.join(", ", classes.names())));
  }

  /**
   * Remembers how many shapes of a frame reach beyond its image. Any thread.
   *
   * @param shapes most often 0
   */
  void painted(String frame, int shapes) {
    if (shapes > 0) {
      cut.put(frame, shapes);
    }
  }

  /** A remark on shapes that reach beyond their image, of the frames that were read. */
  Optional<String> cut(String where) {
    return cut.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s: %d shapes reach beyond their image, and are cut off there: %s"
                .formatted(
                    where,
                    cut.values().stream().mapToInt(Integer::intValue).sum(),
                    Listing.of(List.copyOf(cut.keySet()))));
  }

  private String meant(String name) {
    return NearestName.question(name, classes.names()).orElse("");
  }
}
