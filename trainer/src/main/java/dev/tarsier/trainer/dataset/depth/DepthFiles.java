package dev.tarsier.trainer.dataset.depth;

import dev.tarsier.trainer.dataset.DataException;
import dev.tarsier.trainer.dataset.DataFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Reads files of depth: PNG of 16 bits, TIFF, NumPy's NPY and NPZ, and OpenEXR, told apart by their
 * content. Any thread.
 *
 * @param rules how they are to be understood
 */
public record DepthFiles(DepthRules rules) {
  /** What such files are called, in lower case. */
  public static final List<String> EXTENSIONS =
      List.of(".png", ".tif", ".tiff", ".npy", ".npz", ".exr");

  /**
   * Farther than any sensor sees: what renderers write where there is nothing, such as Blender's
   * 1e10 or the largest number of 16 bits, 65504.
   */
  static final double FARTHEST_METRES = 10_000;

  private static final int KNOWN_TYPES_SHOWN = 4;

  /** Whether a file is called as one of depth is. */
  public static boolean hasExtension(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return EXTENSIONS.stream().anyMatch(name::endsWith);
  }

  /**
   * Reads a file.
   *
   * @throws DataException when it is missing, damaged, or no depth; the message names it
   */
  public DepthMap read(Path file) {
    return read(file, DataFile.bytes(file));
  }

  /**
   * Reads a file whose bytes are there already.
   *
   * @param file named in errors
   * @param encoded its bytes. Not modified.
   * @throws DataException when it is damaged or no depth; the message names it
   */
  public DepthMap read(Path file, byte[] encoded) {
    try {
      StoredDepth stored = stored(file, encoded);
      return new DepthMap(file, stored.width(), stored.height(), metres(stored));
    } catch (UnreadableDepthException e) {
      throw new DataException("%s %s".formatted(file, e.getMessage()), e);
    }
  }

  private StoredDepth stored(Path file, byte[] encoded) throws UnreadableDepthException {
    if (PngDepth.is(encoded)) {
      return PngDepth.read(file, encoded);
    }
    if (TiffDepth.is(encoded)) {
      return TiffDepth.read(encoded);
    }
    if (NpyDepth.is(encoded)) {
      return NpyDepth.read(encoded);
    }
    if (NpzDepth.is(encoded)) {
      return NpzDepth.read(encoded, rules.key());
    }
    if (ExrDepth.is(encoded)) {
      return ExrDepth.read(encoded, rules.key());
    }
    throw new UnreadableDepthException(
        "is no file of depth: it begins like neither PNG, TIFF, NPY, NPZ nor EXR (%s)"
            .formatted(
                encoded.length == 0
                    ? "it is empty"
                    : "bytes " + hex(encoded, Math.min(encoded.length, KNOWN_TYPES_SHOWN))));
  }

  private static String hex(byte[] bytes, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(String.format(Locale.ROOT, "%02x", bytes[i]));
    }
    return text.toString();
  }

  private float[] metres(StoredDepth stored) throws UnreadableDepthException {
    StoredUnit unit =
        rules.unit() != null
            ? rules.unit()
            : stored.whole() ? StoredUnit.MILLIMETRE : StoredUnit.METRE;
    if (unit.rotatedBits() != 0 && !stored.isWide16()) {
      throw new UnreadableDepthException(
          "holds %s, unit %s is of 16-bit files".formatted(stored.type(), unit));
    }
    float[] metres = new float[stored.width() * stored.height()];
    for (int i = 0; i < metres.length; i++) {
      double value = stored.values().applyAsDouble(i);
      double depth =
          rules.isUnknown(value, stored)
              ? Double.NaN
              : rules.disparity() != null
                  ? rules.disparity().metres(value)
                  : unit.unrotated(value) * unit.metres();
      metres[i] = depth > 0 && depth < FARTHEST_METRES ? (float) depth : Float.NaN;
    }
    return metres;
  }
}
