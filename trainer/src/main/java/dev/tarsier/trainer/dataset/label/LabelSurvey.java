package dev.tarsier.trainer.dataset.label;

import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.trainer.task.ClassSet;
import java.util.List;
import java.util.Locale;

/**
 * What files of labels have, counted before anybody says which classes there are.
 *
 * @param format what they were taken for, such as {@code COCO JSON}
 * @param frames how many have labels
 * @param entries names, or colours and ids that have none, in the files' order
 */
public record LabelSurvey(String format, int frames, List<Entry> entries) {
  /** Copies. */
  public LabelSurvey {
    entries = List.copyOf(entries);
  }

  /**
   * Something that stands for a class.
   *
   * @param name such as {@code floor}; null of a colour or an id that nobody names
   * @param color 0xRRGGBB that masks paint it in; null where they do not
   * @param id that masks store for it; null where they store colours, and in files of shapes
   * @param count pixels in masks, otherwise shapes
   * @param pixels whether pixels were counted
   * @param first the first frame or file that has it; null where none has
   */
  public record Entry(
      String name, Integer color, Integer id, long count, boolean pixels, String first) {
    static Entry ofShapes(String name, long shapes, String first) {
      return new Entry(name, null, null, shapes, false, first);
    }

    /** Whether its name says that nothing was labelled there. */
    public boolean isNoClass() {
      return name != null && LabelNames.isNoClass(name);
    }

    @Override
    public String toString() {
      return "%s (%s)".formatted(what(), counted());
    }

    /** The same with what it may have been meant for. */
    public String inWords(ClassSet classes) {
      String meant =
          name != null
              ? NearestName.question(name, classes.names()).orElse("")
              : color != null
                  ? "; the nearest is " + MaskFiles.nearest(color, MaskFiles.colors(classes))
                  : "";
      return "%s (%s%s)".formatted(what(), counted(), meant);
    }

    private String what() {
      return name != null
          ? "'" + name + "'"
          : color != null ? "colour " + LabelMap.text(color) : "the id " + id;
    }

    private String counted() {
      return String.format(
          Locale.ROOT,
          "%,d %s%s",
          count,
          pixels ? count == 1 ? "pixel" : "pixels" : count == 1 ? "shape" : "shapes",
          first == null ? "" : ", first in " + first);
    }
  }

  /** Those that are there and are no class, nor anything that classes ignore. */
  public List<Entry> unknown(ClassSet classes) {
    LabelNames names = new LabelNames(classes);
    return entries.stream()
        .filter(each -> each.count() > 0)
        .filter(
            each ->
                (each.name() != null
                        ? names.of(each.name())
                        : each.color() != null
                            ? MaskFiles.ofColor(each.color(), names)
                            : classes.ofStored(each.id()))
                    < 0)
        .toList();
  }
}
