package dev.tarsier.runtime.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Folders that belong to one process as long as it lives, whatever ends it: a lock in them says so,
 * and what a killed process left is removed by the next. Stateless.
 */
public final class FolderInUse {
  /** The file that is locked. */
  public static final String LOCK = ".in-use";

  private FolderInUse() {}

  /**
   * Says that a folder is this process's.
   *
   * @param folder new; nobody else knows it yet
   * @return holds the lock until it is closed, by the caller, or the process ends
   * @throws IOException where it cannot be locked
   */
  public static FileChannel claim(Path folder) throws IOException {
    FileChannel inUse =
        FileChannel.open(
            folder.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    if (inUse.tryLock() == null) {
      inUse.close();
      throw new IOException(folder + " cannot be locked");
    }
    return inUse;
  }

  /** Whether the process that claimed a folder is gone; no where nobody claimed it. */
  public static boolean isAbandoned(Path folder) {
    try (FileChannel inUse = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE)) {
      return inUse.tryLock() != null;
    } catch (IOException | OverlappingFileLockException e) {
      return false; // being made, being removed, or this process's own
    }
  }

  /** Removes a folder; what cannot be removed stays. Links are removed, not followed. */
  public static void remove(Path folder) {
    List<Path> all;
    try (Stream<Path> tree = Files.walk(folder)) {
      all = tree.sorted(Comparator.reverseOrder()).toList();
    } catch (IOException e) {
      return; // not there
    }
    for (Path each : all) {
      try {
        Files.deleteIfExists(each);
      } catch (IOException e) {
        // a leftover is no reason to fail
      }
    }
  }
}
