package dev.tarsier.trainer.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the files that a recipe names. A relative path is looked for from the working folder, then
 * from the recipe's, then from the product's.
 */
public final class PathResolver {
  private static final Pattern VARIABLE =
      Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?}");

  private final List<Path> bases = new ArrayList<>();
  private final Map<String, String> environment;

  /**
   * Where to look.
   *
   * @param recipe the recipe's file
   * @param environment variables by name
   */
  public PathResolver(Path recipe, Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
    bases.add(Path.of("").toAbsolutePath());
    bases.add(recipe.toAbsolutePath().getParent());
    Optional.ofNullable(System.getProperty("tarsier.home")).map(Path::of).ifPresent(bases::add);
  }

  /**
   * The text with {@code ${NAME}} and {@code ${NAME:-default}} replaced.
   *
   * @throws IllegalArgumentException if a variable is not set and has no default
   */
  public String expand(String text) {
    Matcher matcher = VARIABLE.matcher(text);
    StringBuilder expanded = new StringBuilder();
    while (matcher.find()) {
      String value = environment.get(matcher.group(1));
      if (value == null || value.isEmpty()) {
        value = matcher.group(2);
      }
      if (value == null) {
        throw new IllegalArgumentException(
            "%s needs the environment variable %s, which is not set"
                .formatted(text, matcher.group(1)));
      }
      matcher.appendReplacement(expanded, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(expanded).toString();
  }

  /** The first place where the path exists; none where it is nowhere. */
  public Optional<Path> find(String text) {
    Path path = Path.of(expand(text));
    return bases.stream()
        .map(base -> base.resolve(path).normalize())
        .filter(Files::exists)
        .findFirst();
  }

  /** Where {@link #find} looked, for messages. */
  public String tried(String text) {
    Path path = Path.of(expand(text));
    return String.join(
        ", ",
        bases.stream().map(base -> base.resolve(path).normalize().toString()).distinct().toList());
  }
}
