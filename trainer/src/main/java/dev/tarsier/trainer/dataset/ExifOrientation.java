package dev.tarsier.trainer.dataset;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.exif.ExifIFD0Directory;
import dev.tarsier.runtime.tensor.RgbImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/**
 * How a photo has to be turned to be seen as its camera was held: the tag Orientation of EXIF 2.32
 * (4.6.4). Viewers and annotation tools turn a photo before they show it, so its labels fit the
 * turned one.
 */
public enum ExifOrientation {
  /** As stored. */
  UPRIGHT(1),
  /** Mirrored from left to right. */
  MIRRORED(2),
  /** By 180°. */
  HALF_TURN(3),
  /** Mirrored from top to bottom. */
  FLIPPED(4),
  /** Rows and columns change places. */
  TRANSPOSED(5),
  /** By 90° clockwise. */
  QUARTER_TURN(6),
  /** Rows and columns change places, about the other diagonal. */
  TRANSVERSED(7),
  /** By 90° counter-clockwise. */
  THREE_QUARTER_TURN(8);

  private static final ExifOrientation[] BY_TAG = values();

  private final int tag;

  ExifOrientation(int tag) {
    this.tag = tag;
  }

  /**
   * What a file says.
   *
   * @param encoded a file. Not modified.
   * @return {@link #UPRIGHT} where it says nothing that can be read, and of TIFF, whose decoder
   *     turns by itself
   */
  public static ExifOrientation of(byte[] encoded) {
    if (isTiff(encoded)) {
      return UPRIGHT;
    }
    try {
      ExifIFD0Directory exif =
          ImageMetadataReader.readMetadata(new ByteArrayInputStream(encoded))
              .getFirstDirectoryOfType(ExifIFD0Directory.class);
      Integer value = exif == null ? null : exif.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
      return value == null || value < 1 || value > BY_TAG.length ? UPRIGHT : BY_TAG[value - 1];
    } catch (ImageProcessingException | IOException e) {
      return UPRIGHT;
    }
  }

  private static boolean isTiff(byte[] file) {
    return file.length > 3
        && file[0] == file[1]
        && ((file[0] == 'I' && file[2] == 42) || (file[0] == 'M' && file[3] == 42));
  }

  /** Whether width and height change places. */
  boolean swapsSides() {
    return tag >= TRANSPOSED.tag;
  }

  /** The tag's value, 1 to 8. */
  public int tag() {
    return tag;
  }

  /**
   * The image as viewers show it.
   *
   * @param stored Not modified.
   * @return the same image when it is upright
   */
  public RgbImage turn(RgbImage stored) {
    if (this == UPRIGHT) {
      return stored;
    }
    int fromWidth = stored.width();
    int fromHeight = stored.height();
    int width = swapsSides() ? fromHeight : fromWidth;
    int height = swapsSides() ? fromWidth : fromHeight;
    byte[] pixels = new byte[stored.pixels().length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int fromX =
            switch (this) {
              case UPRIGHT, FLIPPED -> x;
              case MIRRORED, HALF_TURN -> fromWidth - 1 - x;
              case TRANSPOSED, QUARTER_TURN -> y;
              case TRANSVERSED, THREE_QUARTER_TURN -> fromWidth - 1 - y;
            };
        int fromY =
            switch (this) {
              case UPRIGHT, MIRRORED -> y;
              case FLIPPED, HALF_TURN -> fromHeight - 1 - y;
              case TRANSPOSED, THREE_QUARTER_TURN -> x;
              case TRANSVERSED, QUARTER_TURN -> fromHeight - 1 - x;
            };
        System.arraycopy(
            stored.pixels(), 3 * (fromY * fromWidth + fromX), pixels, 3 * (y * width + x), 3);
      }
    }
    return new RgbImage(width, height, pixels);
  }
}
