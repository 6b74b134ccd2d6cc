package dev.tarsier.trainer.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * PNG files of class ids, named by the stamps of their frames: nanoseconds, or seconds with nine
 * decimals. In the order of their stamps.
 */
final class LabelFolder {
  private static final Pattern STAMP =
      Pattern.compile("(\\d+|\\d+\\.\\d{9})\\.png", Pattern.CASE_INSENSITIVE);

  private final NavigableMap<Long, Path> files;
  private final List<Path> ordered;

  private LabelFolder(NavigableMap<Long, Path> files) {
    this.files = files;
    this.ordered = List.copyOf(files.values());
  }

  /**
   * Lists a folder.
   *
   * @throws DataException if it cannot be read, has no PNG files, or has one of another name
   */
  static LabelFolder open(Path folder) {
    NavigableMap<Long, Path> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.filter(each -> DataFile.hasExtension(each, ".png")).toList()) {
        String name = file.getFileName().toString();
        Matcher matcher = STAMP.matcher(name);
        if (!matcher.matches()) {
          throw new DataException(
              "%s must be named by its frame's stamp, such as 1403715273262142976.png"
                  .formatted(file));
        }
        files.put(Long.parseLong(name.substring(0, name.length() - 4).replace(".", "")), file);
      }
    } catch (IOException | NumberFormatException e) {
      throw new DataException("%s cannot be read: %s".formatted(folder, e.getMessage()), e);
    }
    if (files.isEmpty()) {
      throw new DataException("%s has no PNG files".formatted(folder));
    }
    return new LabelFolder(files);
  }

  /** Nanoseconds since the epoch. */
  long[] stamps() {
    return files.keySet().stream().mapToLong(Long::longValue).toArray();
  }

  /** Names of the files. */
  List<String> names() {
    return ordered.stream().map(file -> file.getFileName().toString()).toList();
  }

  /** The nth file. */
  DataFile.Plane read(int index) {
    return DataFile.plane(ordered.get(index), DataFile.bytes(ordered.get(index)));
  }
}
