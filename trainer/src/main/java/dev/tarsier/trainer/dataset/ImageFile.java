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
import javax.imageio.ImageIO;

/**
 * Reads image files: photos as the robot decodes them, planes of depth and labels as they are
 * stored.
 */
final class ImageFile {
  static {
    // Files are in memory already; a cache on disk would only be slower.
    ImageIO.setUseCache(false);
  }

  /** A plane of bytes, uint8 [height, width]. */
  record Plane(int width, int height, byte[] values) {}

  private ImageFile() {}

  static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new DataException("%s is missing".formatted(file), e);
    } catch (IOException e) {
      throw new DataException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  static RgbImage rgb(Path file, byte[] encoded) {
    try {
      return RgbImage.decode(encoded);
    } catch (RejectedFrameException e) {
      throw new DataException("%s is no readable image: %s".formatted(file, e.getMessage()), e);
    }
  }

  static Plane plane(Path file, byte[] encoded) {
    BufferedImage image;
    try {
      image = ImageIO.read(new ByteArrayInputStream(encoded));
    } catch (IOException | IndexOutOfBoundsException e) {
      throw new DataException("%s is no readable PNG: %s".formatted(file, e.getMessage()), e);
    }
    if (image == null) {
      throw new DataException("%s is no readable PNG (%d bytes)".formatted(file, encoded.length));
    }
    if (image.getRaster().getNumBands() != 1
        || image.getRaster().getDataBuffer().getDataType() != DataBuffer.TYPE_BYTE) {
      throw new DataException("%s must have one channel of 8 bits".formatted(file));
    }
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] values = new byte[width * height];
    image.getRaster().getDataElements(0, 0, width, height, values);
    return new Plane(width, height, values);
  }
}
