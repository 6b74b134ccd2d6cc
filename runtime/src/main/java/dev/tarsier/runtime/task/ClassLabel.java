package dev.tarsier.runtime.task;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A class.
 *
 * @param id the value that stands for it, 0 to 65535; of a class map 255 at most
 * @param name such as {@code floor}
 * @param color as it is drawn, {@code #RRGGBB}
 */
public record ClassLabel(int id, String name, String color) {
  private static final int MOST = 65_535;
  private static final Pattern COLOR = Pattern.compile("#[0-9A-Fa-f]{6}");

  /** Checks the form. */
  public ClassLabel {
    if (id < 0 || id > MOST) {
      throw new IllegalArgumentException(
          "class id must be 0 to %d, got %d for %s".formatted(MOST, id, quote(name)));
    }
    Names.require("name of class " + id, name);
    if (color == null || !COLOR.matcher(color).matches()) {
      throw new IllegalArgumentException(
          "color of class '" + name + "' must be #RRGGBB, got " + quote(color));
    }
  }

  /** The colour as 0xRRGGBB. */
  @JsonIgnore
  public int rgb() {
    return Integer.parseInt(color.substring(1), 16);
  }

  /** A copy of the list, after a check that there are classes and that each is there once. */
  static List<ClassLabel> unique(List<ClassLabel> classes) {
    if (classes == null || classes.isEmpty()) {
      throw new IllegalArgumentException("classes must name each class, got none");
    }
    if (classes.stream().anyMatch(each -> each == null)) {
      throw new IllegalArgumentException("classes must not hold null");
    }
    Map<Integer, String> names = new HashMap<>();
    Set<String> seen = new HashSet<>();
    for (ClassLabel each : classes) {
      String other = names.put(each.id(), each.name());
      if (other != null) {
        throw new IllegalArgumentException(
            "class ids must be unique, got id %d for both '%s' and '%s'"
                .formatted(each.id(), other, each.name()));
      }
      if (!seen.add(each.name())) {
        throw new IllegalArgumentException(
            "class names must be unique, got '" + each.name() + "' twice");
      }
    }
    return List.copyOf(classes);
  }

  static String quote(String text) {
    return text == null ? "none" : "\"" + text + "\"";
  }
}
