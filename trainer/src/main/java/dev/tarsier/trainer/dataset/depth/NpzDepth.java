package dev.tarsier.trainer.dataset.depth;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.List;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/** A zip file of arrays in NumPy's format. */
final class NpzDepth {
  private static final String SUFFIX = ".npy";

  /** The array that is taken where there are several and none is named. */
  private static final String USUAL = "depth";

  /** Header and the largest numbers. */
  private static final long MOST_BYTES = (1 << 16) + Double.BYTES * StoredDepth.MOST_PIXELS;

  private NpzDepth() {}

  static boolean is(byte[] file) {
    return file.length >= 4 && file[0] == 'P' && file[1] == 'K' && file[2] == 3 && file[3] == 4;
  }

  static StoredDepth read(byte[] encoded, String key) throws UnreadableDepthException {
    try (SeekableInMemoryByteChannel channel = new SeekableInMemoryByteChannel(encoded);
        ZipFile zip = ZipFile.builder().setSeekableByteChannel(channel).get()) {
      ZipArchiveEntry entry = zip.getEntry(name(zip, key) + SUFFIX);
      if (entry.getSize() > MOST_BYTES) {
        throw new UnreadableDepthException(
            "has an array of %d bytes, which no camera gives".formatted(entry.getSize()));
      }
      try (InputStream in = zip.getInputStream(entry)) {
        byte[] array = in.readNBytes((int) Math.min(Integer.MAX_VALUE - 16, MOST_BYTES));
        return NpyDepth.read(array);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new UnreadableDepthException("is a damaged NPZ file: " + e.getMessage());
    }
  }

  private static String name(ZipFile zip, String key) throws UnreadableDepthException {
    List<String> names =
        Collections.list(zip.getEntries()).stream()
            .map(ZipArchiveEntry::getName)
            .filter(name -> name.endsWith(SUFFIX))
            .map(name -> name.substring(0, name.length() - SUFFIX.length()))
            .toList();
    String wanted = key != null ? key : names.size() == 1 ? names.get(0) : USUAL;
    if (!names.contains(wanted)) {
      throw new UnreadableDepthException(
          names.isEmpty()
              ? "is a zip file without an array (.npy) in it"
              : "has no array '%s'; name one of %s as key"
                  .formatted(wanted, String.join(", ", names)));
    }
    return wanted;
  }
}
