package dev.tarsier.trainer.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tarsier.runtime.file.Json;
import dev.tarsier.runtime.file.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * A folder that belongs to one run, held by a lock that goes away with the process, however it
 * ends. Whole files are replaced at once; logs are JSON lines whose torn last line is dropped when
 * they are read.
 */
public final class RunFolder implements AutoCloseable {
  /**
   * Those that this process holds, by their real paths. To ask the system for a lock of our own
   * would lose it: closing any channel of a file gives back all that the process has on it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final Path held;
  private final FileChannel lockFile;

  private RunFolder(Path path, Path held, FileChannel lockFile) {
    this.path = path;
    this.held = held;
    this.lockFile = lockFile;
  }

  /**
   * Makes the folder if need be and takes its lock.
   *
   * @throws IOException if it cannot be made, or if another run holds it
   */
  public static RunFolder open(Path path) throws IOException {
    return tryOpen(path)
        .orElseThrow(
            () ->
                new IOException(
                    "another run is using %s; wait for it to end, or choose another folder with --out"
                        .formatted(path)));
  }

  /**
   * Makes the folder if need be and takes its lock, unless another run holds it.
   *
   * @throws IOException if it cannot be made
   */
  public static Optional<RunFolder> tryOpen(Path path) throws IOException {
    Files.createDirectories(path);
    Path held = path.toRealPath();
    if (!HELD.add(held)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel =
          FileChannel.open(
              path.resolve("run.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      locked = channel.tryLock() != null;
      return locked ? Optional.of(new RunFolder(path, held, channel)) : Optional.empty();
    } finally {
      if (!locked) {
        HELD.remove(held);
        if (channel != null) {
          channel.close();
        }
      }
    }
  }

  /** A file in it. */
  public Path file(String name) {
    return path.resolve(name);
  }

  /** The folder. */
  public Path path() {
    return path;
  }

  /** Adds a line to a log. */
  public static void append(Path file, ObjectNode line) throws IOException {
    append(file, line, false);
  }

  /** Adds a line to a log, and returns when it is on the disk, as a whole file is. */
  public static void appendDurably(Path file, ObjectNode line) throws IOException {
    append(file, line, true);
  }

  private static void append(Path file, ObjectNode line, boolean durably) throws IOException {
    byte[] text = (line + "\n").getBytes(StandardCharsets.UTF_8);
    WholeFile.naming(
        file,
        () -> {
          Files.createDirectories(file.toAbsolutePath().getParent());
          try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            WholeFile.writeFully(channel, ByteBuffer.wrap(text));
            if (durably) {
              channel.force(true);
            }
          }
          return null;
        });
  }

  /** The whole lines of a log; none where there is no file. */
  public static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    if (Files.exists(file)) {
      // A line that was cut within a letter is no line either, and no reason to refuse the rest.
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        try {
          lines.add(Json.parse(line));
        } catch (JsonProcessingException e) {
          // The line that was being written when the process was killed.
          break;
        }
      }
    }
    return lines;
  }

  /** Keeps the lines of a log that a predicate accepts. */
  public static void retain(Path file, Predicate<JsonNode> keep) throws IOException {
    if (Files.exists(file)) {
      StringBuilder text = new StringBuilder();
      for (JsonNode line : lines(file)) {
        if (keep.test(line)) {
          text.append(line).append('\n');
        }
      }
      WholeFile.write(file, text.toString());
    }
  }

  /** Gives the lock back. */
  @Override
  public void close() throws IOException {
    if (lockFile.isOpen()) {
      try {
        lockFile.close();
      } finally {
        HELD.remove(held);
      }
    }
  }
}
