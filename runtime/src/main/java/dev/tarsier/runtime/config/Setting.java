package dev.tarsier.runtime.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One value that is given beside a file and counts instead of the file's, such as {@code
 * student.epochs=20}.
 *
 * @param path from the outermost section to the value: names of keys, and places in lists from 0
 * @param value as YAML, such as {@code 20} or {@code {kind: dwa}}
 */
public record Setting(List<Object> path, String value) {
  private static final Pattern STEP = Pattern.compile("([^.\\[\\]]+)((?:\\[\\d+])*)");
  private static final Pattern PLACE = Pattern.compile("\\d{1,9}");

  /** Copies the path. */
  public Setting {
    path = List.copyOf(path);
  }

  /**
   * Reads {@code KEY=VALUE}; the key is written as in messages, {@code data[0].per_epoch}, or with
   * dots only, {@code data.0.per_epoch}.
   *
   * @throws ConfigException if it is no such thing
   */
  public static Setting parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw new ConfigException(
          "'%s' must be KEY=VALUE, such as student.epochs=20".formatted(text));
    }
    List<Object> path = new ArrayList<>();
    for (String part : text.substring(0, equals).strip().split("\\.", -1)) {
      Matcher step = STEP.matcher(part);
      if (!step.matches()) {
        throw new ConfigException(
            "'%s' is no key, such as student.epochs or student.data[0].per_epoch"
                .formatted(text.substring(0, equals)));
      }
      boolean place = !path.isEmpty() && PLACE.matcher(step.group(1)).matches();
      path.add(place ? (Object) Integer.valueOf(step.group(1)) : step.group(1));
      PLACE
          .matcher(step.group(2))
          .results()
          .forEach(each -> path.add(Integer.valueOf(each.group())));
    }
    return new Setting(path, text.substring(equals + 1));
  }

  /** The path as messages write it: {@code data[0].per_epoch}. */
  public String key() {
    return key(path);
  }

  static String key(List<Object> path) {
    StringBuilder key = new StringBuilder();
    for (Object step : path) {
      if (step instanceof Integer) {
        key.append('[').append(step).append(']');
      } else {
        key.append(key.isEmpty() ? "" : ".").append(step);
      }
    }
    return key.toString();
  }

  @Override
  public String toString() {
    return key() + "=" + value;
  }
}
