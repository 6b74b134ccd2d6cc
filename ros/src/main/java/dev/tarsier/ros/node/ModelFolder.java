package dev.tarsier.ros.node;

import dev.tarsier.runtime.file.WholeFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds a bundle's folder by what a user calls it. */
public final class ModelFolder {
  /** The folder above {@code models/}, set by the launchers. */
  public static final String HOME_PROPERTY = "tarsier.home";

  /** The bundle that ships, taken where a user names none. */
  public static final String SHIPPED = "indoor-edge-v3";

  private ModelFolder() {}

  /**
   * The folder of a model: an absolute path; else a path below one of the bases; else a name in
   * {@code models/} below one of the bases.
   *
   * @param model as given by the user
   * @param bases where to look, first to last. Not modified.
   * @throws IllegalArgumentException when there is none; the message says where it was looked for
   */
  public static Path find(String model, List<Path> bases) {
    Path given = Path.of(model);
    Set<Path> tried = new LinkedHashSet<>();
    if (given.isAbsolute()) {
      tried.add(given);
    } else {
      for (Path base : bases) {
        tried.add(base.resolve(given).toAbsolutePath().normalize());
        tried.add(base.resolve("models").resolve(given).toAbsolutePath().normalize());
      }
    }
    List<Path> folders = new ArrayList<>(tried);
    return folders.stream()
        .filter(Files::isDirectory)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    folders.stream()
                        .filter(WholeFile::isDenied)
                        .findFirst()
                        .map(folder -> WholeFile.denied("bundle " + folder))
                        .orElse(
                            "there is no bundle '%s': looked for the folder %s. Give a bundle's folder with model.json in it"
                                .formatted(
                                    model,
                                    folders.stream()
                                        .map(Path::toString)
                                        .collect(Collectors.joining(", "))))));
  }

  /** Tarsier's own folder, as the launchers say; the working directory where they said nothing. */
  public static Path home() {
    return Path.of(System.getProperty(HOME_PROPERTY, "")).toAbsolutePath();
  }
}
