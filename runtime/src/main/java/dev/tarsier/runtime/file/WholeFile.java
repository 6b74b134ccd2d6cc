package dev.tarsier.runtime.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;

/**
 * Writes files whole or not at all: what is there under the name is the old or the new content at
 * any moment, also after a crash or on a full disk, and nothing half-written stays. Any thread;
 * several threads and processes may write the same file, and one of them is last.
 */
public final class WholeFile {
  private WholeFile() {}

  /** What comes into a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes it; nothing else is done with the channel. */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /** Something that is done with a file. */
  @FunctionalInterface
  public interface Action<T> {
    /** Does it. */
    T run() throws IOException;
  }

  /**
   * Writes a file, and its folder where that is not there.
   *
   * @param content Not modified.
   * @throws FileSystemException names the file and the cause
   */
  public static void write(Path file, byte[] content) throws IOException {
    write(file, channel -> writeFully(channel, ByteBuffer.wrap(content)));
  }

  /** The same with text, as UTF-8. */
  public static void write(Path file, String content) throws IOException {
    write(file, content.getBytes(StandardCharsets.UTF_8));
  }

  /** The same with content that is too much for one array. */
  public static void write(Path file, Content content) throws IOException {
    naming(
        file,
        () -> {
          if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
            // A pipe or a device, such as /dev/stdout: it is written to, not replaced.
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
              content.writeTo(channel);
            }
          } else {
            replace(Files.isRegularFile(file) ? file.toRealPath() : file, content, true);
          }
          return null;
        });
  }

  /**
   * One of many files that can be made again: whole for all who look and after a kill, but not
   * waited for until the disk has it, which costs more than a small file's content. After a power
   * cut it may be there with no bytes.
   *
   * @param content Not modified.
   * @throws FileSystemException names the file and the cause
   */
  public static void writeOneOfMany(Path file, byte[] content) throws IOException {
    naming(
        file,
        () -> {
          replace(file, channel -> writeFully(channel, ByteBuffer.wrap(content)), false);
          return null;
        });
  }

  private static void replace(Path file, Content content, boolean force) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    // Java's temporary files would be readable by their owner alone.
    Path part = folder.resolve("." + file.getFileName() + "." + UUID.randomUUID());
    try {
      try (FileChannel channel =
          FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        if (force) {
          channel.force(true);
        }
      }
      move(part, file);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /**
   * Gives what was written under another name the name that it shall have, at once where the file
   * system can do that.
   *
   * @param part in the same folder; a file or a link
   * @param file replaced where it is there
   */
  public static void move(Path part, Path file) throws IOException {
    try {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Writes all that a buffer has left. */
  public static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Does something with a file whose errors shall name it: Java's own "No space left on device"
   * does not say where.
   *
   * @param file or folder
   * @throws FileSystemException names the file and the cause
   */
  public static <T> T naming(Path file, Action<T> action) throws IOException {
    try {
      return action.run();
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /** An error that names a file and the cause. */
  public static FileSystemException failure(Path file, IOException e) {
    if (e instanceof FileSystemException named
        && named.getFile() != null
        && !named.getFile().contains("/.")) {
      return named; // the part's own name would tell a user nothing
    }
    FileSystemException failure = new FileSystemException(file.toString(), null, reason(e));
    failure.initCause(e);
    return failure;
  }

  /** What a file that could not be read is called in a message, and why, in words. */
  public static String unreadable(Path file, IOException e) {
    return "%s cannot be read: %s".formatted(file, reason(failure(file, e)));
  }

  /**
   * What to say of something that is {@linkplain #isDenied denied}.
   *
   * @param what such as a path
   */
  public static String denied(Object what) {
    return "%s cannot be read: permission denied; let this user read it and the folders above it"
        .formatted(what);
  }

  /**
   * Whether this user may not know what is there; Java's questions say no such file then.
   *
   * @param path file or folder
   */
  public static boolean isDenied(Path path) {
    try {
      Files.readAttributes(path, BasicFileAttributes.class);
      return false;
    } catch (IOException e) {
      return e instanceof AccessDeniedException;
    }
  }

  /** File and cause in words. */
  public static String sentence(FileSystemException e) {
    return e.getFile() + ": " + reason(e);
  }

  /** Why a file could not be read or written, in words. */
  public static String reason(IOException e) {
    return e instanceof FileSystemException file ? reason(file) : String.valueOf(e.getMessage());
  }

  private static String reason(FileSystemException e) {
    if (e.getReason() != null) {
      return e.getReason();
    }
    if (e instanceof NoSuchFileException) {
      return "there is no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "is there already, and is no folder";
    }
    if (e instanceof NotDirectoryException) {
      return "is no folder";
    }
    if (e instanceof DirectoryNotEmptyException) {
      return "is a folder that is not empty";
    }
    return e.getClass().getSimpleName();
  }
}
