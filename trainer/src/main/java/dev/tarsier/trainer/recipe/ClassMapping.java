package dev.tarsier.trainer.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarsier.runtime.config.NearestName;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.task.ClassSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** Which of a recipe's classes each class of someone else's network is. */
final class ClassMapping {
  /** A class that the recipe has not. */
  static final int NONE = -1;

  private static final String IGNORED = "ignored";

  private ClassMapping() {}

  /**
   * The recipe's class of each: as it is said; else the one of the same name, or that the recipe's
   * classes say it is (merges); else none.
   *
   * @param names of the network's classes, by place. Not modified.
   * @param classes the recipe's
   * @param said class of the recipe, or null, by class of the network, by name or place; null for
   *     nothing
   * @param source what to call {@code said}
   * @param unsaid takes the names of classes that are none, though nobody says so. Modified.
   * @return by place the recipe's id, or {@link #NONE}
   * @throws DataException if a name is none, or no class is one of the recipe's
   */
  static List<Integer> of(
      List<String> names, ClassSet classes, JsonNode said, String source, List<String> unsaid) {
    List<Integer> ids = new ArrayList<>(Collections.nCopies(names.size(), null));
    if (said != null) {
      for (Map.Entry<String, JsonNode> each : said.properties()) {
        int place = place(each.getKey(), names, source);
        if (ids.get(place) != null) {
          throw new DataException(
              "%s: '%s' is said twice, by its name and its place"
                  .formatted(source, names.get(place)));
        }
        ids.set(place, id(each, classes, source));
      }
    }
    for (int i = 0; i < ids.size(); i++) {
      if (ids.get(i) == null) {
        ids.set(i, ofName(names.get(i), classes));
        if (ids.get(i) == NONE) {
          unsaid.add(names.get(i));
        }
      }
    }
    if (ids.stream().allMatch(each -> each == NONE)) {
      throw new DataException(
          "none of the network's classes is one of %s; map them with classes: map.yaml, a line such as 'rug: floor' for each; the network has %s, the recipe %s"
              .formatted(classes.id(), Listing.of(names), Listing.of(classes.names())));
    }
    return ids;
  }

  private static int place(String key, List<String> names, String source) {
    int place = names.indexOf(key);
    if (place >= 0) {
      return place;
    }
    List<Integer> alike =
        IntStream.range(0, names.size())
            .filter(each -> plain(names.get(each)).equals(plain(key)))
            .boxed()
            .toList();
    if (alike.size() == 1) {
      return alike.get(0);
    }
    if (key.matches("[0-9]{1,4}") && Integer.parseInt(key) < names.size()) {
      return Integer.parseInt(key);
    }
    throw new DataException(
        "%s: the network has no class '%s'%s; it has %s"
            .formatted(source, key, meant(key, names), Listing.of(names)));
  }

  private static int id(Map.Entry<String, JsonNode> each, ClassSet classes, String source) {
    JsonNode value = each.getValue();
    if (value.isNull() || value.asText().equals(IGNORED)) {
      return NONE;
    }
    if (!value.isValueNode()) {
      throw new DataException(
          "%s: %s must be a class of the recipe, or null for none, got %s"
              .formatted(source, each.getKey(), value));
    }
    int id = ofName(value.asText(), classes);
    if (id == NONE) {
      throw new DataException(
          "%s: %s is '%s', which is no class of %s%s; it has %s, and null is for none"
              .formatted(
                  source,
                  each.getKey(),
                  value.asText(),
                  classes.id(),
                  meant(value.asText(), classes.names()),
                  Listing.of(classes.names())));
    }
    return id;
  }

  private static String meant(String name, List<String> names) {
    return NearestName.of(name, names).map(near -> " (did you mean '" + near + "'?)").orElse("");
  }

  /** The recipe's class of a name; upper case, spaces, dashes and underscores do not matter. */
  private static int ofName(String name, ClassSet classes) {
    int id = classes.ofName(name);
    for (int i = 0; id < 0 && i < classes.size(); i++) {
      id = plain(classes.names().get(i)).equals(plain(name)) ? i : NONE;
    }
    return id == ClassMap.USUAL_IGNORE_ID ? NONE : id;
  }

  /** A name without what does not matter in it. */
  static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[\\s_-]", "");
  }
}
