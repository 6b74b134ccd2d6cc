package dev.tarsier.runtime.natives;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;

/**
 * The native libraries in a jar, and what the jar says of their content: the size and CRC-32 of
 * each, without unpacking. Immutable.
 *
 * @param jar where they are
 * @param entries sorted by path
 */
record LibraryArchive(Path jar, List<Entry> entries) {
  /** One file of the jar. */
  record Entry(String path, long size, long crc) {
    String name() {
      return path.substring(path.lastIndexOf('/') + 1);
    }

    boolean isContentOf(Path file) throws IOException {
      if (Files.size(file) != size) {
        return false;
      }
      CRC32 sum = new CRC32();
      byte[] block = new byte[1 << 16];
      try (InputStream in = Files.newInputStream(file)) {
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
          sum.update(block, 0, n);
        }
      }
      return sum.getValue() == crc;
    }
  }

  /**
   * The files of a source in the jar that holds it.
   *
   * @return empty when the class path has no such jar
   */
  static Optional<LibraryArchive> find(NativeLibraries.Source source) throws IOException {
    URL url = source.loader().getResource(source.folder() + source.file());
    URLConnection connection = url == null ? null : url.openConnection();
    if (!(connection instanceof JarURLConnection inJar)) {
      return Optional.empty();
    }
    inJar.setUseCaches(false);
    try (JarFile jar = inJar.getJarFile()) {
      List<Entry> entries =
          jar.stream()
              .filter(each -> !each.isDirectory() && each.getName().startsWith(source.folder()))
              .map(each -> new Entry(each.getName(), each.getSize(), each.getCrc()))
              .filter(each -> source.takes(each.name()))
              .sorted(Comparator.comparing(Entry::path))
              .toList();
      return Optional.of(new LibraryArchive(Path.of(jar.getName()), entries));
    }
  }

  /** Sixteen hex digits that name this content. */
  static String contentHash(List<LibraryArchive> archives) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every Java has it
    }
    for (LibraryArchive archive : archives) {
      for (Entry each : archive.entries) {
        String line = each.path + ' ' + each.size + ' ' + each.crc + '\n';
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
    }
    return HexFormat.of().formatHex(digest.digest(), 0, 8);
  }

  /** Writes all files into a folder, side by side. */
  void unpack(Path folder) throws IOException {
    try (JarFile open = new JarFile(jar.toFile())) {
      for (Entry each : entries) {
        ZipEntry entry = open.getEntry(each.path);
        try (InputStream in = open.getInputStream(entry);
            OutputStream out = Files.newOutputStream(folder.resolve(each.name()))) {
          in.transferTo(out);
        } catch (FileSystemException e) {
          throw e; // names the file
        } catch (IOException e) {
          throw new IOException(each.name() + ": " + e.getMessage(), e);
        }
      }
    }
  }

  /** Whether a folder has all files side by side, as the jar has them. */
  boolean isUnpackedIn(Path folder) throws IOException {
    for (Entry each : entries) {
      Path file = folder.resolve(each.name());
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || !each.isContentOf(file)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether each file below a folder that is named as one of these archives' has the content of one
   * of that name. Names may have a prefix that ends in {@code -}, as DJL gives them. Files of other
   * names are not looked at.
   */
  static boolean isWhole(Path folder, List<LibraryArchive> archives) throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(folder)) {
      files = tree.filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (Path file : files) {
      List<Entry> named = new ArrayList<>();
      String name = file.getFileName().toString();
      for (LibraryArchive archive : archives) {
        for (Entry each : archive.entries) {
          if (name.equals(each.name()) || name.endsWith("-" + each.name())) {
            named.add(each);
          }
        }
      }
      boolean same = named.isEmpty();
      for (Entry each : named) {
        same |= each.isContentOf(file);
      }
      if (!same) {
        return false;
      }
    }
    return true;
  }
}
