package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.tarsier.runtime.config.ConfigException;
import dev.tarsier.runtime.config.StrictYaml;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.dataset.label.LabelFiles;
import dev.tarsier.trainer.dataset.label.LabelSurvey;
import dev.tarsier.trainer.dataset.rgbd.RgbdFiles;
import dev.tarsier.trainer.task.ClassSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The classes of a recipe that is being drafted: those of a file, or those that labels name.
 *
 * @param set the classes
 * @param said as the recipe says them
 * @param file where a file of them is to be written; null where they are a user's
 * @param text of that file; null where they are a user's
 */
record DraftClasses(ClassSet set, String said, Path file, String text) {
  /** The file that is written beside the recipe. */
  static final String FILE = "classes.yaml";

  private static final String BACKGROUND = "background";

  /** What no label covers is a class where it is more than seams between labels. */
  private static final double SEAMS = 0.05;

  /**
   * Finds them.
   *
   * @param given what the user names: a file of classes, a tool's file of names, a known set; null
   *     for nothing
   * @return none where there are no labels
   * @throws DataException if nobody names what the labels have, or the classes lack some of it
   */
  static Optional<DraftClasses> of(Path given, DraftPlace place) {
    Optional<LabelSurvey> labels = RgbdFiles.survey(place.root(), place.options(), place.paths());
    if (given != null && !isNames(given)) {
      DraftClasses own = given(given, place);
      labels.ifPresent(survey -> requireKnown(survey, own, given, place));
      return Optional.of(own);
    }
    if (given != null) {
      return Optional.of(named(LabelFiles.names(given), given.toString(), place, false));
    }
    return labels.map(survey -> named(survey, where(place) + ", " + survey.format(), place, false));
  }

  /** Whether a file has the names that a tool gave, and is no file of classes. */
  private static boolean isNames(Path given) {
    return Files.isRegularFile(given) && !given.toString().matches("(?i).*\\.ya?ml");
  }

  private static DraftClasses given(Path file, DraftPlace place) {
    if (!Files.exists(file)) {
      String name = file.toString();
      if (ClassSet.all().stream().noneMatch(each -> each.id().equals(name))) {
        throw new ConfigException(
            "--classes %s: there is no such file, and no known set of that name (%s)"
                .formatted(
                    name, String.join(", ", ClassSet.all().stream().map(ClassSet::id).toList())));
      }
      return new DraftClasses(ClassSet.of(name), name, null, null);
    }
    return new DraftClasses(StrictYaml.read(file, ClassSet.class), place.written(file), null, null);
  }

  private static void requireKnown(
      LabelSurvey survey, DraftClasses own, Path file, DraftPlace place) {
    if (!own.set().isOwn()) {
      return; // files of known sets may store ids of their own, which reading them tells
    }
    List<LabelSurvey.Entry> unknown = survey.unknown(own.set());
    if (!unknown.isEmpty()) {
      throw new DataException(
          "%s lacks %d of what the %d labelled frames in %s have (%s): %s; add them, or say what they are with merges or ignored (docs/data-sets.md#your-own-classes)"
              .formatted(
                  file,
                  unknown.size(),
                  survey.frames(),
                  where(place),
                  survey.format(),
                  Listing.of(unknown.stream().map(each -> each.inWords(own.set())).toList())));
    }
  }

  private static String where(DraftPlace place) {
    return place.labels() == null ? place.root().toString() : place.labels().toString();
  }

  private static DraftClasses named(
      LabelSurvey survey, String where, DraftPlace place, boolean withBackground) {
    List<String> nameless =
        survey.entries().stream()
            .filter(each -> each.name() == null)
            .map(LabelSurvey.Entry::toString)
            .toList();
    if (!nameless.isEmpty()) {
      throw new DataException(
          "labels in %s have what nobody names: %s; give a file with --classes, such as {name: mine, classes: [{name: floor, id: 0, color: \"#804080\"}]} (docs/data-sets.md#your-own-classes)"
              .formatted(where, Listing.of(nameless)));
    }
    StringBuilder text = new StringBuilder();
    text.append("# The classes that the labels name: ").append(where).append(".\n");
    text.append("# The network's ids are 0, 1, 2 ... in this order. Rename, merge, or ignore:\n");
    text.append(
        "# docs/data-sets.md#your-own-classes. A class that no label has cannot be learned.\n");
    text.append("name: ").append(DraftPlace.scalar(place.title())).append('\n');
    text.append("classes:\n");
    boolean counted = survey.entries().stream().anyMatch(each -> each.count() > 0);
    boolean colored = survey.entries().stream().allMatch(each -> each.color() != null);
    if (withBackground) {
      text.append("  # What no label covers. Without it such places teach nothing.\n");
      text.append(line(BACKGROUND, colored ? free(survey) : null)).append('\n');
    }
    int classes = 0;
    for (LabelSurvey.Entry each : survey.entries()) {
      if (each.isNoClass()) {
        continue;
      }
      String line = line(each.name(), colored ? each.color() : null);
      if (counted && each.count() == 0) {
        text.append("  # no label has it yet:").append(line.substring(1)).append('\n');
        continue;
      }
      classes++;
      text.append(line);
      if (counted) {
        text.append("  # ").append(count(each));
      }
      text.append('\n');
    }
    if (classes == 0) {
      throw new DataException("labels in %s name no class but %s".formatted(where, BACKGROUND));
    }
    Path file = place.recipe().resolveSibling(FILE);
    ClassSet set = StrictYaml.parse(text.toString(), file.toString(), ClassSet.class);
    return new DraftClasses(set, FILE, file, text.toString());
  }

  private static String count(LabelSurvey.Entry each) {
    return String.format(Locale.ROOT, "%,d %s", each.count(), each.pixels() ? "pixels" : "shapes");
  }

  private static String line(String name, Integer color) {
    return "  - {name: %s%s}"
        .formatted(
            TextNode.valueOf(name),
            color == null ? "" : ", color: \"%s\"".formatted(ClassSet.hex(color)));
  }

  /** Black, as tools paint what nobody labelled, unless a class has it. */
  private static int free(LabelSurvey survey) {
    int color = 0;
    while (isTaken(survey, color)) {
      color++;
    }
    return color;
  }

  private static boolean isTaken(LabelSurvey survey, int color) {
    return survey.entries().stream()
        .anyMatch(each -> !each.isNoClass() && each.color() != null && each.color() == color);
  }

  /** Whether so much of labelled frames has no class that it should be one. */
  boolean needsBackground(DraftFrames frames) {
    return file != null && 1 - frames.part().labelledShare() > SEAMS;
  }

  /** The same with a class for what no label covers. */
  DraftClasses withBackground(DraftPlace place) {
    LabelSurvey survey =
        RgbdFiles.survey(place.root(), place.options(), place.paths()).orElseThrow();
    return named(survey, where(place) + ", " + survey.format(), place, true);
  }
}
