package dev.tarsier.trainer.dataset.label;

import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.PngCheck;
import dev.tarsier.trainer.dataset.DataException;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageIO;

/**
 * A PNG (ISO/IEC 15948) of labels as it is stored: numbers, indices of a palette, or colours.
 *
 * @param width pixels
 * @param height pixels
 * @param numbers [height, width]: what is stored of one channel, an index where there is a palette;
 *     null where there are colours alone
 * @param colors [height, width], 0xRRGGBB, those of the palette where there is one; null where there
 *     are numbers alone
 * @param opacity [height, width], 0 to 255; null where it is not stored
 */
record MaskImage(int width, int height, int[] numbers, int[] colors, int[] opacity) {
  /** More than any camera has; a header that promises more is not believed. */
  private static final long MOST_PIXELS = 1L << 26;

  static {
    ImageIO.setUseCache(false);
  }

  /**
   * Decodes it.
   *
   * @param what it is, for messages
   * @param png the whole file. Not modified.
   * @throws DataException if it is damaged or no PNG
   */
  static MaskImage of(String what, byte[] png) {
    ByteBuffer file = ByteBuffer.wrap(png);
    if (!PngCheck.isPng(file)) {
      throw new DataException("%s is no PNG (%d bytes)".formatted(what, png.length));
    }
    try {
      PngCheck.run(file);
      long pixels = (file.getInt(16) & 0xffffffffL) * (file.getInt(20) & 0xffffffffL);
      if (pixels > MOST_PIXELS) {
        throw new DataException("%s declares %d pixels, too many".formatted(what, pixels));
      }
      return of(ImageIO.read(new ByteArrayInputStream(png)));
    } catch (RejectedFrameException | IOException e) {
      throw new DataException("%s is damaged: %s".formatted(what, e.getMessage()), e);
    } catch (IllegalArgumentException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      // What the platform's reader throws at some damaged headers.
      throw new DataException("%s is damaged: %s".formatted(what, e), e);
    }
  }

  private static MaskImage of(BufferedImage image) {
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
      return new MaskImage(width, height, indices, colors, null);
    }
    int bits = image.getSampleModel().getSampleSize(0);
    int[] first = raster.getSamples(0, 0, width, height, 0, (int[]) null);
    int[] opacity =
        bands == 2 || bands == 4
            ? eight(raster.getSamples(0, 0, width, height, bands - 1, (int[]) null), bits)
            : null;
    if (bands < 3) {
      return new MaskImage(width, height, first, null, opacity);
    }
    int[] green = eight(raster.getSamples(0, 0, width, height, 1, (int[]) null), bits);
    int[] blue = eight(raster.getSamples(0, 0, width, height, 2, (int[]) null), bits);
    int[] red = eight(first, bits);
    int[] colors = new int[red.length];
    for (int i = 0; i < colors.length; i++) {
      colors[i] = red[i] << 16 | green[i] << 8 | blue[i];
    }
    return new MaskImage(width, height, null, colors, opacity);
  }

  /** Of 16 bits the upper ones. */
  private static int[] eight(int[] samples, int bits) {
    for (int i = 0; bits == 16 && i < samples.length; i++) {
      samples[i] >>= 8;
    }
    return samples;
  }

  /**
   * What a mask of a single shape covers: where it is not see-through, if that differs from pixel to
   * pixel; else where it is not black.
   *
   * @return [height, width]
   */
  boolean[] covered() {
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
