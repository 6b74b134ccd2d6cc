package dev.tarsier.trainer.export;

import dev.tarsier.runtime.model.BundleManifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;

/** Puts a bundle into its place whole or not at all: it is filled beside it and then moved. */
public final class BundlePlace {
  private BundlePlace() {}

  /**
   * Fills a folder.
   *
   * @param <T> what comes of it besides
   */
  public interface Filling<T> {
    /** Writes the bundle's files; what it throws leaves nothing behind. */
    T fill(Path part) throws IOException, ExportException;
  }

  /**
   * Fills a new folder and puts it in the place of an older bundle, or of nothing.
   *
   * @param folder where the bundle goes; an older bundle there is replaced, anything else is not
   * @throws ExportException if the folder holds something else, or as the filling does
   * @throws IOException if a file cannot be written; nothing is left behind
   */
  public static <T> T fill(Path folder, Filling<T> filling) throws IOException, ExportException {
    Path place = folder.toAbsolutePath();
    checkReplaceable(place);
    Files.createDirectories(place.getParent());
    Path part = Files.createDirectory(hiddenSibling(place));
    Thread hook = new Thread(() -> deleteQuietly(part), "remove-part-of-bundle");
    Runtime.getRuntime().addShutdownHook(hook); // where an interrupt ends the process in between
    try {
      T made = filling.fill(part);
      moveIntoPlace(part, place);
      return made;
    } finally {
      delete(part);
      remove(hook);
    }
  }

  private static void deleteQuietly(Path part) {
    try {
      delete(part);
    } catch (IOException e) {
      System.err.printf("%s is left behind: %s%n", part, e.getMessage());
    }
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, which is what the hook was for.
    }
  }

  /**
   * Checks that a bundle may be put there.
   *
   * @throws ExportException if something else is there
   */
  public static void checkReplaceable(Path folder) throws IOException, ExportException {
    if (!Files.exists(folder) || Files.isRegularFile(folder.resolve(BundleManifest.FILE))) {
      return;
    }
    boolean empty = false;
    if (Files.isDirectory(folder)) {
      try (Stream<Path> content = Files.list(folder)) {
        empty = content.findAny().isEmpty();
      }
    }
    if (!empty) {
      throw new ExportException(
          "%s is there and is no bundle (it has no %s); give another folder or remove it"
              .formatted(folder, BundleManifest.FILE));
    }
  }

  /** A new name beside the folder. A temporary folder of Java's would be its owner's alone. */
  private static Path hiddenSibling(Path folder) {
    return folder.resolveSibling("." + folder.getFileName() + "." + UUID.randomUUID());
  }

  private static void moveIntoPlace(Path part, Path folder) throws IOException {
    Path old = null;
    if (Files.exists(folder)) {
      old = hiddenSibling(folder);
      Files.move(folder, old);
    }
    try {
      Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (old != null) {
        Files.move(old, folder);
      }
      throw e;
    }
    if (old != null) {
      delete(old);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      all.sorted(Comparator.reverseOrder())
          .forEach(
              path -> {
                try {
                  Files.delete(path);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
