package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.RgbImage;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * Reads data sets' files: photos as the robot decodes them, planes of depth and labels as they are
 * stored.
 */
public final class DataFile {
  static {
    // Files are in memory already; a cache on disk would only be slower.
    ImageIO.setUseCache(false);
  }

  /** A plane of bytes, uint8 [height, width]. */
  public record Plane(int width, int height, byte[] values) {}

  /** A plane of two bytes each, uint16 [height, width]. */
  public record WidePlane(int width, int height, short[] values) {}

  private DataFile() {}

  /**
   * A file's bytes.
   *
   * @throws DataException if it is missing or cannot be read; the message names it
   */
  public static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new DataException("%s is missing".formatted(file), e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * Reads many files on all processors.
   *
   * @param count how many
   * @param read reads the nth, on any thread
   * @throws DataException the first that {@code read} throws
   */
  public static void inParallel(int count, IntConsumer read) {
    try {
      IntStream.range(0, count).parallel().forEach(read);
    } catch (RuntimeException e) {
      // A parallel stream may wrap the failure of another thread in one of the same type.
      throw e.getCause() instanceof DataException inner ? inner : e;
    }
  }

  /**
   * The file, or the one beside it whose extension is written in other letters: {@code 0003.PNG}
   * for {@code 0003.png}.
   *
   * @return {@code file} itself where there is neither
   */
  static Path anyCase(Path file) {
    if (Files.exists(file)) {
      return file;
    }
    String name = file.getFileName().toString();
    String stem = name.substring(0, name.lastIndexOf('.'));
    Path upper = file.resolveSibling(stem + name.substring(stem.length()).toUpperCase(Locale.ROOT));
    if (Files.exists(upper)) {
      return upper;
    }
    try (Stream<Path> beside = Files.list(file.getParent())) {
      return beside
          .filter(each -> each.getFileName().toString().startsWith(stem))
          .filter(each -> each.getFileName().toString().equalsIgnoreCase(name))
          .findFirst()
          .orElse(file);
    } catch (IOException e) {
      return file;
    }
  }

  /** A name without its extension, such as {@code .png}; {@code 1700000000.25} has none. */
  public static String withoutExtension(String name) {
    return name.replaceFirst("\\.[A-Za-z][A-Za-z0-9]*$", "");
  }

  /** Whether a file has this extension, such as {@code .png}, in letters of either case. */
  public static boolean hasExtension(Path file, String extension) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(extension);
  }

  /**
   * Decodes a photo as it was stored, whatever its orientation: JPEG, PNG, TIFF, BMP or WebP.
   *
   * @param file named in errors
   * @param encoded its bytes. Not modified.
   * @throws DataException if it is no readable image; the message names the file
   */
  public static RgbImage rgb(Path file, byte[] encoded) {
    if (StoredImage.isBmp(encoded)) {
      return StoredImage.of(file.toString(), encoded).photo();
    }
    try {
      return OtherPhoto.is(encoded) ? OtherPhoto.decode(encoded) : RgbImage.decode(encoded);
    } catch (RejectedFrameException e) {
      throw new DataException("%s is no readable image: %s".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * Reads a PNG of one channel of 8 bits.
   *
   * @param file named in errors
   * @param encoded its bytes. Not modified.
   * @throws DataException if it is no such PNG; the message names the file
   */
  public static Plane plane(Path file, byte[] encoded) {
    BufferedImage image = png(file, encoded, DataBuffer.TYPE_BYTE, 8);
    byte[] values = new byte[image.getWidth() * image.getHeight()];
    image.getRaster().getDataElements(0, 0, image.getWidth(), image.getHeight(), values);
    return new Plane(image.getWidth(), image.getHeight(), values);
  }

  /**
   * Reads a PNG of one channel of 16 bits.
   *
   * @param file named in errors
   * @param encoded its bytes. Not modified.
   * @throws DataException if it is no such PNG; the message names the file
   */
  public static WidePlane widePlane(Path file, byte[] encoded) {
    BufferedImage image = png(file, encoded, DataBuffer.TYPE_USHORT, 16);
    short[] values = new short[image.getWidth() * image.getHeight()];
    image.getRaster().getDataElements(0, 0, image.getWidth(), image.getHeight(), values);
    return new WidePlane(image.getWidth(), image.getHeight(), values);
  }

  private static BufferedImage png(Path file, byte[] encoded, int type, int bits) {
    BufferedImage image;
    try {
      image = ImageIO.read(new ByteArrayInputStream(encoded));
    } catch (IOException | IndexOutOfBoundsException e) {
      throw new DataException("%s is no readable PNG: %s".formatted(file, e.getMessage()), e);
    }
    if (image == null) {
      throw new DataException("%s is no readable PNG (%d bytes)".formatted(file, encoded.length));
    }
    int channels = image.getRaster().getNumBands();
    if (channels != 1 || image.getRaster().getDataBuffer().getDataType() != type) {
      throw new DataException(
          "%s must have one channel of %d bits, has %d of %d"
              .formatted(file, bits, channels, image.getSampleModel().getSampleSize(0)));
    }
    return image;
  }
}
