package dev.tarsier.runtime.natives;

import dev.tarsier.runtime.file.FolderInUse;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Unpacks native libraries once, into a folder that only this user can write, named after their
 * content; what is there already is compared with the jar and made anew where it differs. Left to
 * themselves the libraries unpack into the temporary folder at every start, leave that after {@code
 * kill -9}, and take what others may have planted under a name that can be guessed.
 *
 * <p>An installed product has them unpacked already, where {@code -Dtarsier.natives} says: nothing
 * is then written or compared. Otherwise the folder is {@code tarsier/natives} below {@code
 * $XDG_CACHE_HOME} or {@code ~/.cache}, and may be deleted while nothing runs.
 */
public final class NativeLibraries {
  /** Ends a message about libraries that are there and do not load. */
  public static final String IF_DAMAGED =
      "; where a file is missing or damaged, unpack or install Tarsier's package again";

  /** Names the folder in which the installed product has its libraries, side by side. */
  private static final String INSTALLED = "tarsier.natives";

  /** Null before the first call; guarded by the class. */
  private static PrivateFolder home;

  private NativeLibraries() {}

  /**
   * Where the libraries of one kind lie in a jar.
   *
   * @param loader whose class path has the jar
   * @param folder in the jar, such as {@code ai/onnxruntime/native/linux-x64/}
   * @param file one file in it
   * @param libraries which of the files are needed, as {@code libopencv_core.so}, which names its
   *     versions too, such as {@code libopencv_core.so.413}; empty = all
   */
  public record Source(ClassLoader loader, String folder, String file, List<String> libraries) {
    /** Copies the list. */
    public Source {
      libraries = List.copyOf(libraries);
    }

    /** All files of the folder. */
    public Source(ClassLoader loader, String folder, String file) {
      this(loader, folder, file, List.of());
    }

    boolean takes(String name) {
      return libraries.isEmpty() || libraries.stream().anyMatch(each -> isVersionOf(each, name));
    }
  }

  /**
   * Whether a file is a library of any version.
   *
   * @param library such as {@code libopencv_core.so}
   * @param file its name, such as {@code libopencv_core.so.413}
   */
  public static boolean isVersionOf(String library, String file) {
    return file.equals(library) || file.startsWith(library + ".");
  }

  /**
   * Where a library's files lie unpacked, side by side: where the installed product has them, or
   * else in this user's folder. Any thread.
   *
   * @param name of the library, for people, such as {@code onnxruntime}
   * @param sources of the files, the first one's always there. Not modified.
   * @return an absolute folder; null when neither has them, and the library has to be found in its
   *     own way
   * @throws IOException when they cannot be unpacked, or the installed product lacks them; names
   *     the folder and the reason
   */
  public static synchronized Path unpacked(String name, Source... sources) throws IOException {
    String installed = System.getProperty(INSTALLED, "");
    if (!installed.isEmpty() && Files.exists(Path.of(installed, sources[0].file()))) {
      Path folder = Path.of(installed).toAbsolutePath();
      requireWhole(folder, sources);
      return folder;
    }
    if (!installed.isEmpty() && archives(List.of(sources)).isEmpty()) {
      throw missing(Path.of(installed), sources[0].file());
    }
    return unpacked(home(), name, sources);
  }

  private static void requireWhole(Path folder, Source... sources) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(each -> isOf(each, sources)).sorted().toList()) {
        // What is no library at all is named by the system's loader.
        if (SharedLibrary.read(file).filter(SharedLibrary::isCutOff).isPresent()) {
          throw new IOException(
              file
                  + " is cut off: this copy of Tarsier is damaged; unpack or install its package"
                  + " again");
        }
      }
    }
  }

  /** The folder has those of all sources, side by side. */
  private static boolean isOf(Path file, Source... sources) {
    String name = file.getFileName().toString();
    return Arrays.stream(sources)
        .anyMatch(
            each -> each.libraries().isEmpty() ? isVersionOf(each.file(), name) : each.takes(name));
  }

  /**
   * What to say where a library's file is not among those that {@link #unpacked} gave. Any thread.
   *
   * @param folder that should have it
   * @param file its name
   * @return to be thrown; names the way out
   */
  public static IOException missing(Path folder, String file) {
    return new IOException(
        "%s has no %s: this copy of Tarsier is incomplete; unpack or install its package again"
            .formatted(folder.toAbsolutePath(), file));
  }

  static Path unpacked(Path home, String name, Source... sources) throws IOException {
    List<LibraryArchive> archives = archives(List.of(sources));
    if (archives.isEmpty()) {
      return null;
    }
    Path folder = home.resolve(name + "-" + LibraryArchive.contentHash(archives));
    try (FileChannel lock = lockFile(home)) {
      lock.lock(); // until it is closed
      if (Files.isDirectory(folder) && areUnpackedIn(folder, archives)) {
        return folder;
      }
      Path part = home.resolve("." + folder.getFileName() + ".part");
      FolderInUse.remove(part); // of a process that was killed: this one has the lock
      try {
        Files.createDirectory(part);
        for (LibraryArchive archive : archives) {
          archive.unpack(part);
        }
        FolderInUse.remove(folder);
        Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        FolderInUse.remove(part);
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
    List<LibraryArchive> archives = archives(sources);
    Path folder = home.resolve(name + "-" + LibraryArchive.contentHash(archives));
    try (FileChannel lock = lockFile(home)) {
      lock.lock(); // until it is closed
      if (Files.isDirectory(folder) && !LibraryArchive.isWhole(folder, archives)) {
        FolderInUse.remove(folder);
      }
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw cannotUnpack(home, name, e);
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
      FolderInUse.remove(folder);
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

  private static List<LibraryArchive> archives(List<Source> sources) throws IOException {
    List<LibraryArchive> archives = new ArrayList<>();
    for (Source each : sources) {
      LibraryArchive.find(each).ifPresent(archives::add);
    }
    return archives;
  }

  private static boolean areUnpackedIn(Path folder, List<LibraryArchive> archives)
      throws IOException {
    for (LibraryArchive each : archives) {
      if (!each.isUnpackedIn(folder)) {
        return false;
      }
    }
    return true;
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
