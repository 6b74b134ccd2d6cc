package dev.tarsier.runtime.natives;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Unpacks native libraries once, into a folder that only this user can write, named after their
 * content; what is there already is compared with the jar and made anew where it differs. Left to
 * themselves the libraries unpack into the temporary folder at every start, leave that after {@code
 * kill -9}, and take what others may have planted under a name that can be guessed.
 *
 * <p>The folder is {@code tarsier/natives} below {@code $XDG_CACHE_HOME} or {@code ~/.cache}, and
 * may be deleted while nothing runs.
 */
public final class NativeLibraries {
  /** Null before the first call; guarded by the class. */
  private static PrivateFolder home;

  private NativeLibraries() {}

  /** Where the libraries of one kind lie in a jar. */
  public record Source(ClassLoader loader, String folder, String file) {}

  /**
   * Where a library's files lie unpacked, side by side. Any thread.
   *
   * @param name of the library, for people, such as {@code onnxruntime}
   * @param source of the files. Not modified.
   * @return an absolute folder; null when the class path has no such jar, and the library has to be
   *     found in its own way
   * @throws IOException when they cannot be unpacked; names the folder and the reason
   */
  public static synchronized Path unpacked(String name, Source source) throws IOException {
    return unpacked(home(), name, source);
  }

  static Path unpacked(Path home, String name, Source source) throws IOException {
    LibraryArchive archive =
        LibraryArchive.find(source.loader(), source.folder(), source.file()).orElse(null);
    if (archive == null) {
      return null;
    }
    Path folder = home.resolve(name + "-" + LibraryArchive.contentHash(List.of(archive)));
    try (FileChannel lock = lockFile(home)) {
      lock.lock(); // until it is closed
      if (Files.isDirectory(folder) && archive.isUnpackedIn(folder)) {
        return folder;
      }
      Path part = home.resolve("." + folder.getFileName() + ".part");
      PrivateFolder.deleteTree(part); // of a process that was killed: this one has the lock
      try {
        Files.createDirectory(part);
        archive.unpack(part);
        PrivateFolder.deleteTree(folder);
        Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        PrivateFolder.deleteTree(part);
        throw e;
      }
      return folder;
    } catch (IOException e) {
      throw cannotUnpack(home, name, e);
    }
  }

  /**
   * A folder for a library that unpacks by itself and checks little. What lies there is compared
   * with the jars, and removed where it differs. Any thread.
   *
   * @param name as for {@link #unpacked}
   * @param sources of the files. Not modified. Those that are not there are passed over.
   * @return an absolute folder; it exists
   * @throws IOException when it cannot be made; names the folder and the reason
   */
  public static synchronized Path folderFor(String name, List<Source> sources) throws IOException {
    return folderFor(home(), name, sources);
  }

  static Path folderFor(Path home, String name, List<Source> sources) throws IOException {
    List<LibraryArchive> archives = new ArrayList<>();
    for (Source each : sources) {
      LibraryArchive.find(each.loader(), each.folder(), each.file()).ifPresent(archives::add);
    }
    Path folder = home.resolve(name + "-" + LibraryArchive.contentHash(archives));
    try (FileChannel lock = lockFile(home)) {
      lock.lock(); // until it is closed
      if (Files.isDirectory(folder) && !LibraryArchive.isWhole(folder, archives)) {
        PrivateFolder.deleteTree(folder);
      }
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw cannotUnpack(home, name, e);
    }
  }

  /**
   * Finds out whether a library that unpacks by itself failed since its files cannot be written,
   * which it does not say. Writes them once, and removes them again. Any thread.
   *
   * @param name as for {@link #unpacked}
   * @param sources of the files. Not modified.
   * @throws IOException when they cannot be unpacked; names the folder and the reason
   */
  public static synchronized void tryUnpacking(String name, List<Source> sources)
      throws IOException {
    Path home = home();
    Path part = home.resolve("." + name + ".part");
    try (FileChannel lock = lockFile(home)) {
      lock.lock(); // until it is closed
      PrivateFolder.deleteTree(part);
      Files.createDirectory(part);
      for (Source each : sources) {
        Optional<LibraryArchive> archive =
            LibraryArchive.find(each.loader(), each.folder(), each.file());
        if (archive.isPresent()) {
          archive.get().unpack(part);
        }
      }
    } catch (IOException e) {
      throw cannotUnpack(home, name, e);
    } finally {
      PrivateFolder.deleteTree(part);
    }
  }

  /**
   * Removes a library's files where they are temporary, since a loaded library no longer needs
   * them: so not even {@code kill -9} leaves them behind. Any thread.
   *
   * @param folder from {@link #unpacked} or {@link #folderFor}; null is passed over
   */
  public static synchronized void loaded(Path folder) {
    if (folder != null && home != null && home.temporary() && folder.startsWith(home.path())) {
      PrivateFolder.deleteTree(folder);
    }
  }

  static synchronized Path home() throws IOException {
    if (home == null) {
      home =
          PrivateFolder.open(
              System.getenv(),
              System.getProperty("user.home"),
              Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath());
    }
    return home.path();
  }

  private static FileChannel lockFile(Path home) throws IOException {
    return FileChannel.open(
        home.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static IOException cannotUnpack(Path home, String name, IOException e) {
    return new IOException(
        "the native libraries of %s cannot be unpacked into %s (%s); free some space there, or set XDG_CACHE_HOME to another folder"
            .formatted(name, home, e.getMessage()),
        e);
  }
}
