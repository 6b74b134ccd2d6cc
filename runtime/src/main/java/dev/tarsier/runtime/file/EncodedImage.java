package dev.tarsier.runtime.file;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Function;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pixels as pictures, and pictures as the bytes of an image file. Any thread. */
public final class EncodedImage {
  private EncodedImage() {}

  /**
   * A colour picture.
   *
   * @param rgb uint8 [height, width, 3], R first. Not modified.
   */
  public static BufferedImage rgb(int width, int height, byte[] rgb) {
    int[] packed = new int[width * height];
    for (int i = 0; i < packed.length; i++) {
      packed[i] = (rgb[3 * i] & 255) << 16 | (rgb[3 * i + 1] & 255) << 8 | (rgb[3 * i + 2] & 255);
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    image.getRaster().setDataElements(0, 0, width, height, packed);
    return image;
  }

  /** One channel of 8 bits. */
  public static BufferedImage gray(int width, int height, byte[] values) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setDataElements(0, 0, width, height, values);
    return image;
  }

  /** One channel of 16 bits. */
  public static BufferedImage gray(int width, int height, short[] values) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setDataElements(0, 0, width, height, values);
    return image;
  }

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
    return of(image, format, ImageWriter::getDefaultWriteParam);
  }

  /**
   * The same, smaller or better.
   *
   * @param quality from 0, smallest, to 1
   */
  public static byte[] of(BufferedImage image, String format, float quality) {
    return of(
        image,
        format,
        writer -> {
          ImageWriteParam settings = writer.getDefaultWriteParam();
          settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
          settings.setCompressionQuality(quality);
          return settings;
        });
  }

  private static byte[] of(
      BufferedImage image, String format, Function<ImageWriter, ImageWriteParam> settings) {
    ImageWriter writer =
        ImageIO.getImageWriters(ImageTypeSpecifier.createFromRenderedImage(image), format).next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // ImageIO would put a file on the disk between.
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), settings.apply(writer));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // in memory it does not happen
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
