package dev.tarsier.runtime.telemetry;

import dev.tarsier.runtime.config.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads small files that a configuration names, and warns of secrets that everybody can read. */
final class SecretFiles {
  private static final Logger LOG = LoggerFactory.getLogger(SecretFiles.class);

  /** They are read before a start, and at it. */
  private static final Set<Path> WARNED_OF = ConcurrentHashMap.newKeySet();

  private SecretFiles() {}

  /**
   * The bytes of a file.
   *
   * @param key what names it in the configuration, for messages
   * @param file a regular file, or a link to one
   * @param most bytes it may have
   * @throws ConfigException when it cannot be read, or has more
   */
  static byte[] read(String key, Path file, int most) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new ConfigException(
          "telemetry: %s must be a readable file, got %s".formatted(key, file.toAbsolutePath()));
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(most + 1);
      if (bytes.length > most) {
        throw new ConfigException(
            "telemetry: %s must have at most %d bytes, %s has more"
                .formatted(key, most, file.toAbsolutePath()));
      }
      return bytes;
    } catch (IOException e) {
      throw new ConfigException(
          "telemetry: %s %s cannot be read: %s".formatted(key, file.toAbsolutePath(), e), e);
    }
  }

  /** Warns once where every user of this machine can read a secret. */
  static void warnIfOthersRead(String key, Path file) {
    try {
      if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)
          && WARNED_OF.add(file.toAbsolutePath())) {
        LOG.warn(
            "telemetry: every user of this machine can read {} {}; chmod 600 keeps it from them",
            key,
            file.toAbsolutePath());
      }
    } catch (IOException | UnsupportedOperationException e) {
      LOG.debug("cannot see who may read {}: {}", file, e.toString());
    }
  }
}
