package dev.tarsier.trainer.dataset.rgbd;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import dev.tarsier.trainer.dataset.Listing;
import dev.tarsier.trainer.dataset.label.NamedFile;
import dev.tarsier.trainer.run.PathResolver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Files that a recipe names: by a folder (those in it or, if there are none, all below it), by a
 * pattern, by a list, or one file. Each has the name of its frame: of a pattern what its wildcards
 * stand for, or what stands in its parentheses; of a folder the path below it; always without
 * extension. Stateless.
 */
final class FrameFiles {
  /** Extensions of the product's readers; others are part of a name. */
  private static final Pattern EXTENSION =
      Pattern.compile(
          "\\.(jpe?g|png|tiff?|webp|bmp|json|xml|npy|npz|exr)$", Pattern.CASE_INSENSITIVE);

  private static final Pattern TOKEN = Pattern.compile("\"([^\"]*)\"|(\\S+)");
  private static final Pattern STAMP = Pattern.compile("\\d+(\\.\\d+)?");

  /** Which files of a folder are taken. */
  @FunctionalInterface
  interface Wanted {
    boolean test(Path file);
  }

  private final Path root;
  private final PathResolver paths;

  /**
   * Files of a data set.
   *
   * @param root what is relative is so to this folder first
   * @param paths then to what this looks in
   */
  FrameFiles(Path root, PathResolver paths) {
    this.root = root;
    this.paths = paths;
  }

  /**
   * The files, in the order of their names, or of the list.
   *
   * @param key of the recipe, for messages
   * @param said what the recipe says
   * @param wanted which files of a folder are meant
   * @throws DataException if there are none, or two of one name
   */
  List<NamedFile> named(String key, String said, Wanted wanted) {
    Optional<Path> there = find(said);
    List<NamedFile> files;
    if (there.isPresent() && Files.isDirectory(there.get())) {
      files = below(there.get(), wanted);
    } else if (there.isPresent() && DataFile.hasExtension(there.get(), ".txt")) {
      files = listed(there.get(), key);
    } else if (there.isPresent()) {
      files = List.of(new NamedFile(bare(there.get().getFileName().toString()), there.get()));
    } else {
      files = matching(said);
    }
    if (files.isEmpty()) {
      throw new DataException(
          there.isPresent()
              ? "%s: %s has no such files".formatted(key, there.get())
              : "%s: no file matches %s".formatted(key, root.resolve(paths.expand(said))));
    }
    Map<String, Path> seen = new LinkedHashMap<>();
    for (NamedFile each : files) {
      Path before = seen.put(each.name(), each.path());
      if (before != null && !before.equals(each.path())) {
        throw new DataException(
            "%s: %s and %s are both called '%s'; name those of one kind, such as rgb/*.png"
                .formatted(key, before, each.path(), each.name()));
      }
    }
    return files.stream().distinct().toList();
  }

  /** A file or folder that is there: below the root, or where recipes' paths are looked for. */
  Optional<Path> find(String said) {
    String text = paths.expand(said);
    Path below = root.resolve(text).normalize();
    if (Files.exists(below)) {
      return Optional.of(below); // also where its name looks like a pattern: masks (1).json
    }
    return isPattern(text) && !Files.exists(Path.of(text)) ? Optional.empty() : paths.find(text);
  }

  private static boolean isPattern(String text) {
    return text.chars().anyMatch(c -> "*?{[(".indexOf(c) >= 0);
  }

  /** A name without the extension of a file that the product reads. */
  static String bare(String name) {
    return EXTENSION.matcher(name).replaceFirst("");
  }

  private List<NamedFile> below(Path folder, Wanted wanted) {
    List<Path> files = walk(folder, 1).stream().filter(wanted::test).toList();
    if (files.isEmpty()) {
      files = walk(folder, Integer.MAX_VALUE).stream().filter(wanted::test).toList();
    }
    return files.stream()
        .map(file -> new NamedFile(bare(slashed(folder.relativize(file))), file))
        .sorted(Comparator.comparing(NamedFile::name))
        .toList();
  }

  private List<NamedFile> matching(String said) {
    String text = paths.expand(said);
    String fixed = text.replaceFirst("[*?{\\[(].*", "").replaceFirst("[^/]*$", "");
    String rest = text.substring(fixed.length());
    Path below = root.resolve(fixed).normalize();
    Path start =
        Files.isDirectory(below)
            ? below
            : paths
                .find(fixed)
                .filter(Files::isDirectory)
                .orElseThrow(() -> new DataException("%s is no folder".formatted(below)));
    Pattern pattern = pattern(rest);
    List<NamedFile> files = new ArrayList<>();
    int depth = rest.contains("**") ? Integer.MAX_VALUE : rest.split("/", -1).length;
    for (Path file : walk(start, depth)) {
      Matcher matcher = pattern.matcher(slashed(start.relativize(file)));
      if (matcher.matches()) {
        StringBuilder name = new StringBuilder();
        for (int group = 1; group <= matcher.groupCount(); group++) {
          if (matcher.group(group) != null && !matcher.group(group).isEmpty()) {
            name.append(name.isEmpty() ? "" : "/").append(matcher.group(group));
          }
        }
        files.add(new NamedFile(bare(name.toString()), file));
      }
    }
    files.sort(Comparator.comparing(NamedFile::name));
    return files;
  }

  /**
   * A pattern as a regular expression: {@code *} within a folder, {@code **} across folders, {@code
   * ?} one character, {@code {a,b}} one of several, {@code (…)} the name. Letters of extensions
   * match in either case. What the wildcards stand for is a group each, unless there are
   * parentheses.
   */
  private static Pattern pattern(String glob) {
    boolean named = glob.contains("(");
    String open = named ? "(?:" : "(";
    StringBuilder regex = new StringBuilder("(?i)");
    int braces = 0;
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      switch (c) {
        case '*' -> {
          boolean across = glob.startsWith("**", i);
          boolean slash = glob.startsWith("**/", i);
          i += slash ? 2 : across ? 1 : 0;
          regex.append(slash ? "(?:" + open + ".*)/)?" : open + (across ? ".*" : "[^/]*") + ")");
        }
        case '?' -> regex.append(open).append("[^/])");
        case '{' -> {
          regex.append("(?:");
          braces++;
        }
        case '}' -> {
          regex.append(')');
          braces--;
        }
        case ',' -> regex.append(braces > 0 ? "|" : ",");
        case '(' -> regex.append('(');
        case ')' -> regex.append(')');
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    try {
      return Pattern.compile(regex.toString());
    } catch (PatternSyntaxException e) {
      throw new DataException(
          "'%s' is no pattern such as rgb/*.png or **/image/*.{jpg,png}".formatted(glob), e);
    }
  }

  private static List<Path> walk(Path folder, int depth) {
    try (Stream<Path> files = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
      return files
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .filter(Files::isRegularFile)
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw new DataException("%s cannot be read: %s".formatted(folder, e.getMessage()), e);
    }
  }

  private static String slashed(Path path) {
    return path.toString().replace(path.getFileSystem().getSeparator(), "/");
  }

  /**
   * A list's lines in columns. Names with spaces stand in quotation marks, lines that begin with #
   * say nothing.
   */
  static List<List<String>> rows(Path list) {
    List<List<String>> rows = new ArrayList<>();
    for (String line : Listing.text(DataFile.bytes(list)).lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      List<String> row = new ArrayList<>();
      Matcher token = TOKEN.matcher(line);
      while (token.find()) {
        row.add(token.group(1) != null ? token.group(1) : token.group(2));
      }
      rows.add(row);
    }
    if (rows.isEmpty()) {
      throw new DataException("%s names no file".formatted(list));
    }
    return rows;
  }

  /**
   * Files of a list: a path a line; image and labels, as CamVid's lists have them; a stamp and a
   * path as TUM's; or stamp, image, stamp and depth as its associations, depth first where the
   * paths say so.
   */
  private List<NamedFile> listed(Path list, String key) {
    List<NamedFile> files = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    List<List<String>> rows = rows(list);
    if (rows.stream().allMatch(row -> beside(list, String.join(" ", row)).isPresent())) {
      rows = rows.stream().map(row -> List.of(String.join(" ", row))).toList(); // spaces in names
    }
    boolean pairs = rows.stream().anyMatch(row -> row.size() == 2 && !isStamp(row.get(0)));
    for (List<String> row : rows) {
      boolean associated = row.size() == 4 && isStamp(row.get(0)) && isStamp(row.get(2));
      boolean stamped = associated || (row.size() == 2 && isStamp(row.get(0)));
      // associate.py writes its lists in the order in which it is given them; ICL-NUIM's have depth
      // first.
      boolean depthFirst = associated && isDepth(row.get(1)) && !isDepth(row.get(3));
      int column =
          associated
              ? key.equals("depth") != depthFirst ? 3 : 1
              : stamped ? 1 : pairs && key.equals("labels") ? 1 : 0;
      if (column >= row.size()) {
        continue; // an image without labels
      }
      String path = row.get(column);
      String name = stamped ? row.get(depthFirst ? 2 : 0) : bare(pairs ? row.get(0) : path);
      Optional<Path> file = beside(list, path);
      if (file.isEmpty()) {
        missing.add(path);
      } else {
        files.add(new NamedFile(name.replaceFirst("^/+", ""), file.get()));
      }
    }
    if (!missing.isEmpty()) {
      throw new DataException(
          "%s names %d files that are not there: %s"
              .formatted(list, missing.size(), Listing.of(missing)));
    }
    return files;
  }

  private static boolean isDepth(String path) {
    return path.toLowerCase(Locale.ROOT).contains("depth");
  }

  private static boolean isStamp(String text) {
    return STAMP.matcher(text).matches();
  }

  /** A listed path from the list's folder or the root; a slash in front means the same. */
  private Optional<Path> beside(Path list, String said) {
    String path = said.replaceFirst("^/+", "");
    return Stream.of(list.resolveSibling(path), root.resolve(path), Path.of(said))
        .map(Path::normalize)
        .filter(Files::isRegularFile)
        .findFirst();
  }
}
