package dev.tarsier.runtime.natives;

import dev.tarsier.runtime.file.FolderInUse;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/**
 * A folder that nobody but this user can write, since what lies in it is run: {@code
 * tarsier/natives} below {@code $XDG_CACHE_HOME} or {@code ~/.cache}. Where there is no such place,
 * as without a home or on a read-only one, a folder of a new name among the temporary files, which
 * goes when its libraries are loaded and at the latest when the process ends; what a killed process
 * left is removed by the next.
 *
 * @param path the folder, absolute
 * @param temporary whether it is this process's own and goes with it
 */
record PrivateFolder(Path path, boolean temporary) {
  private static final String TEMPORARY_PREFIX = "tarsier-natives-";

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private static final int WRITABLE_BY_ALL = 0002;
  private static final int STICKY = 01000;
  private static final int BEYOND_OWNER = 0077;

  /**
   * Finds or makes the folder.
   *
   * @param environment of the process. Not modified.
   * @param userHome {@code user.home}; Java says "?" where the user has none
   * @param temporaryFolder {@code java.io.tmpdir}
   * @throws IOException when neither place will do; names both, with the reasons
   */
  static PrivateFolder open(Map<String, String> environment, String userHome, Path temporaryFolder)
      throws IOException {
    String refused;
    try {
      Path cache = cache(environment, userHome);
      if (cache != null) {
        return new PrivateFolder(lasting(cache), false);
      }
      refused = "there is no home folder";
    } catch (IOException e) {
      refused = reason(e);
    }
    try {
      sweep(temporaryFolder);
      return new PrivateFolder(fresh(temporaryFolder), true);
    } catch (IOException e) {
      throw new IOException(
          "there is no place to unpack native libraries: %s, and among the temporary files: %s; set XDG_CACHE_HOME to a folder that only you can write"
              .formatted(refused, reason(e)),
          e);
    }
  }

  /** Null where the user has no home. */
  static Path cache(Map<String, String> environment, String userHome) {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (cache.startsWith("/")) { // the specification has relative ones ignored
      return Path.of(cache);
    }
    String home = environment.getOrDefault("HOME", "");
    Path folder = Path.of(home.startsWith("/") ? home : userHome == null ? "" : userHome);
    // Not made: a home that is not there is no home.
    return folder.isAbsolute() && Files.isDirectory(folder) ? folder.resolve(".cache") : null;
  }

  private static Path lasting(Path cache) throws IOException {
    Files.createDirectories(cache);
    // What stands above must not be exchangeable by others.
    Path real = cache.toRealPath();
    for (Path above = real; above != null; above = above.getParent()) {
      int mode = mode(above);
      int owner = owner(above);
      if ((owner != 0 && owner != self())
          || ((mode & WRITABLE_BY_ALL) != 0 && (mode & STICKY) == 0)) {
        throw new IOException(above + " belongs to another user or can be written by all");
      }
    }
    Path natives = ownerOnly(ownerOnly(real.resolve("tarsier"), false).resolve("natives"), true);
    // Root can write a folder without write permission, but not one on a read-only disk.
    Path probe = natives.resolve(".writable-" + ProcessHandle.current().pid());
    Files.deleteIfExists(probe);
    Files.delete(Files.createFile(probe));
    return natives;
  }

  private static Path ownerOnly(Path folder, boolean closed) throws IOException {
    try {
      return Files.createDirectory(folder, OWNER_ONLY);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) || owner(folder) != self()) {
        throw new IOException(folder + " is no folder of this user", e);
      }
      if (closed && (mode(folder) & BEYOND_OWNER) != 0) {
        // Somebody else may have put something into it.
        FolderInUse.remove(folder);
        return Files.createDirectory(folder, OWNER_ONLY);
      }
      return folder;
    }
  }

  private static Path fresh(Path temporaryFolder) throws IOException {
    Path folder = Files.createTempDirectory(temporaryFolder, TEMPORARY_PREFIX, OWNER_ONLY);
    // Locked as long as this process lives, whatever ends it.
    FolderInUse.claim(folder);
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> FolderInUse.remove(folder), "tarsier-natives-removal"));
    return folder;
  }

  /** Removes what processes left that were killed. */
  private static void sweep(Path temporaryFolder) throws IOException {
    try (DirectoryStream<Path> left =
        Files.newDirectoryStream(temporaryFolder, TEMPORARY_PREFIX + "*")) {
      for (Path folder : left) {
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
            && owner(folder) == self()
            && FolderInUse.isAbandoned(folder)) {
          FolderInUse.remove(folder);
        }
      }
    }
  }

  private static int self() throws IOException {
    return owner(Path.of("/proc/self"));
  }

  private static int owner(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:uid");
  }

  private static int mode(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:mode");
  }

  private static String reason(IOException e) {
    return e instanceof java.nio.file.FileSystemException
        ? e.getClass().getSimpleName().replace("Exception", "") + " " + e.getMessage()
        : e.getMessage();
  }
}
