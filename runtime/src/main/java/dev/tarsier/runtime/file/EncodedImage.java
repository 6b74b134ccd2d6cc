package dev.tarsier.runtime.file;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures as the bytes of an image file. Any thread. */
public final class EncodedImage {
  private EncodedImage() {}

  /** A picture as PNG: nothing is lost. */
  public static byte[] png(BufferedImage image) {
    return of(image, "png");
  }

  /**
   * A picture in a format with its usual settings.
   *
   * @param image of a kind that the format has. Not modified.
   * @param format {@code png} or {@code jpg}
   */
  public static byte[] of(BufferedImage image, String format) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // ImageIO would put a file on the disk between.
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalArgumentException("no %s of such a picture: %s".formatted(format, image));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // in memory it does not happen
    }
    return bytes.toByteArray();
  }
}
