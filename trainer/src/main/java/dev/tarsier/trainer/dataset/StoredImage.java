package dev.tarsier.trainer.dataset;

import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.PngCheck;
import dev.tarsier.runtime.tensor.RgbImage;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * A PNG (ISO/IEC 15948), TIFF or BMP as it is stored: numbers, indices of a palette, or colours.
 * The arrays are owned by the image and not copied.
 *
 * @param width pixels
 * @param height pixels
 * @param numbers [height, width]: what is stored of one channel, an index where there is a palette;
 *     null where there are colours alone
 * @param colors [height, width], 0xRRGGBB, those of the palette where there is one; null where
 *     there are numbers alone
 * @param opacity [height, width], 0 to 255; null where it is not stored
 * @param bits of a channel: 1, 8 or 16
 */
public record StoredImage(
    int width, int height, int[] numbers, int[] colors, int[] opacity, int bits) {
  /** More than any camera has; a header that promises more is not believed. */
  private static final long MOST_PIXELS = 1L << 26;

  static {
    ImageIO.setUseCache(false);
  }

  /** Whether bytes begin as those of a TIFF do. */
  static boolean isTiff(byte[] file) {
    return file.length > 4
        && ((file[0] == 'I' && file[1] == 'I' && (file[2] == '*' || file[2] == '+'))
            || (file[0] == 'M' && file[1] == 'M' && (file[3] == '*' || file[3] == '+')));
  }

  /** Whether bytes begin as those of a BMP do. */
  static boolean isBmp(byte[] file) {
    return file.length > 26 && file[0] == 'B' && file[1] == 'M';
  }

  /**
   * How many pixels a file declares.
   *
   * @param what it is, for messages
   * @param file a PNG, TIFF or BMP. Not modified.
   * @throws DataException if its header is damaged
   */
  static long pixels(String what, byte[] file) {
    return reading(what, file, reader -> (long) reader.getWidth(0) * reader.getHeight(0));
  }

  /** What is done with a file. */
  @FunctionalInterface
  private interface Reading<T> {
    T of(ImageReader reader) throws IOException;
  }

  /**
   * Decodes it.
   *
   * @param what it is, for messages
   * @param file all of it. Not modified.
   * @throws DataException if it is damaged or none of the three
   */
  public static StoredImage of(String what, byte[] file) {
    return reading(
        what,
        file,
        reader -> {
          long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
          if (pixels > MOST_PIXELS) {
            throw new DataException("%s declares %d pixels, too many".formatted(what, pixels));
          }
          return of(what, reader.read(0));
        });
  }

  private static <T> T reading(String what, byte[] file, Reading<T> reading) {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    boolean png = PngCheck.isPng(bytes);
    if (!png && !isTiff(file) && !isBmp(file)) {
      throw new DataException("%s is no PNG, TIFF or BMP (%d bytes)".formatted(what, file.length));
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
      if (png) {
        PngCheck.run(bytes);
      }
      ImageReader reader =
          ImageIO.getImageReadersByFormatName(png ? "png" : isTiff(file) ? "tiff" : "bmp").next();
      try {
        reader.setInput(in, true, true);
        return reading.of(reader);
      } finally {
        reader.dispose();
      }
    } catch (RejectedFrameException | IOException e) {
      throw new DataException("%s is damaged: %s".formatted(what, e.getMessage()), e);
    } catch (DataException e) {
      throw e;
    } catch (RuntimeException e) {
      // The platform's readers have no narrower type for what they throw at damaged headers.
      throw new DataException("%s is damaged: %s".formatted(what, e), e);
    }
  }

  private static StoredImage of(String what, BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    if (image.getColorModel() instanceof IndexColorModel palette) {
      int[] indices = raster.getSamples(0, 0, width, height, 0, (int[]) null);
      int[] colors = new int[indices.length];
      for (int i = 0; i < indices.length; i++) {
        colors[i] = indices[i] < palette.getMapSize() ? palette.getRGB(indices[i]) & 0xffffff : 0;
      }
      return new StoredImage(width, height, indices, colors, null, 8);
    }
    int bits = image.getSampleModel().getSampleSize(0);
    if (bits != 1 && bits != 8 && bits != 16) {
      throw new DataException("%s has %d bits a channel, not 8 or 16".formatted(what, bits));
    }
    int[] first = raster.getSamples(0, 0, width, height, 0, (int[]) null);
    int[] opacity =
        bands == 2 || bands == 4
            ? eight(raster.getSamples(0, 0, width, height, bands - 1, (int[]) null), bits)
            : null;
    if (bands < 3) {
      return new StoredImage(width, height, first, null, opacity, bits);
    }
    int[] green = eight(raster.getSamples(0, 0, width, height, 1, (int[]) null), bits);
    int[] blue = eight(raster.getSamples(0, 0, width, height, 2, (int[]) null), bits);
    int[] red = eight(first, bits);
    int[] colors = new int[red.length];
    for (int i = 0; i < colors.length; i++) {
      colors[i] = red[i] << 16 | green[i] << 8 | blue[i];
    }
    return new StoredImage(width, height, null, colors, opacity, bits);
  }

  /** The same with numbers up to 255 of one channel as the greys that they are. */
  public StoredImage asColors() {
    return new StoredImage(
        width,
        height,
        null,
        Arrays.stream(numbers).map(value -> value * 0x010101).toArray(),
        opacity,
        bits);
  }

  /** As a photo, uint8 [height, width, 3]; of numbers of one channel all three are that. */
  RgbImage photo() {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < width * height; i++) {
      int color = colors == null ? gray(numbers[i]) * 0x010101 : colors[i];
      rgb[3 * i] = (byte) (color >> 16);
      rgb[3 * i + 1] = (byte) (color >> 8);
      rgb[3 * i + 2] = (byte) color;
    }
    return new RgbImage(width, height, rgb);
  }

  private int gray(int number) {
    return bits == 16 ? number >> 8 : bits == 1 ? 255 * number : number;
  }

  /** Of 16 bits the upper ones. */
  private static int[] eight(int[] samples, int bits) {
    for (int i = 0; bits == 16 && i < samples.length; i++) {
      samples[i] >>= 8;
    }
    return samples;
  }

  /**
   * What a mask of a single shape covers: where it is not see-through, if that differs from pixel
   * to pixel; else where it is not black.
   *
   * @return [height, width]
   */
  public boolean[] covered() {
    int[] values = numbers == null ? colors : numbers;
    boolean clear = false;
    for (int i = 0; opacity != null && i < opacity.length; i++) {
      clear |= opacity[i] == 0;
    }
    boolean[] covered = new boolean[values.length];
    for (int i = 0; i < covered.length; i++) {
      covered[i] = clear ? opacity[i] != 0 : values[i] != 0;
    }
    return covered;
  }
}
