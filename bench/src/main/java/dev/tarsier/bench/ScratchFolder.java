package dev.tarsier.bench;

import dev.tarsier.runtime.file.FolderInUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder below the system's temporary one that goes with all that is in it.
 *
 * @param path where it is
 */
public record ScratchFolder(Path path) implements AutoCloseable {
  /**
   * Makes one.
   *
   * @param prefix of its name
   */
  public static ScratchFolder make(String prefix) throws IOException {
    return new ScratchFolder(Files.createTempDirectory(prefix));
  }

  @Override
  public void close() {
    FolderInUse.remove(path);
  }
}
