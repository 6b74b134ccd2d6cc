package dev.tarsier.trainer.dataset.depth;

import dev.tarsier.trainer.dataset.DataException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A file's depth.
 *
 * @param file it was read from
 * @param width columns
 * @param height rows
 * @param metres float32 [height, width], NaN where unknown; owned by the map, not copied
 */
public record DepthMap(Path file, int width, int height, float[] metres) {
  /**
   * Requires that it fits its image pixel by pixel.
   *
   * @throws DataException when it does not; the message names the file and both sizes
   */
  public void requireSize(int imageWidth, int imageHeight) {
    if (width == imageWidth && height == imageHeight) {
      return;
    }
    boolean transposed = width == imageHeight && height == imageWidth;
    throw new DataException(
        "%s is %dx%d, its image is %dx%d%s"
            .formatted(
                file,
                width,
                height,
                imageWidth,
                imageHeight,
                transposed ? "; rows and columns are exchanged: store it as [height, width]" : ""));
  }

  /** The same in another size, each pixel the nearest one's value, for nothing may be mixed. */
  public DepthMap resized(int newWidth, int newHeight) {
    if (newWidth == width && newHeight == height) {
      return this;
    }
    float[] to = new float[newWidth * newHeight];
    for (int y = 0; y < newHeight; y++) {
      int fromY = (int) ((2L * y + 1) * height / (2L * newHeight));
      for (int x = 0; x < newWidth; x++) {
        int fromX = (int) ((2L * x + 1) * width / (2L * newWidth));
        to[y * newWidth + x] = metres[fromY * width + fromX];
      }
    }
    return new DepthMap(file, newWidth, newHeight, to);
  }

  /** What is told of it. */
  public Look look() {
    float[] known = new float[metres.length];
    int count = 0;
    for (float value : metres) {
      if (value > 0) {
        known[count++] = value;
      }
    }
    if (count == 0) {
      return new Look(file, 0, Float.NaN, Float.NaN, Float.NaN);
    }
    Arrays.sort(known, 0, count);
    return new Look(
        file,
        (double) count / metres.length,
        known[count / 50],
        known[count / 2],
        known[count - 1 - count / 50]);
  }

  /**
   * What a map looks like in numbers.
   *
   * @param file it was read from
   * @param known share of its pixels, 0 to 1
   * @param near metres, below which a fiftieth of the known pixels are; NaN where none is known
   * @param median metres; NaN where none is known
   * @param far metres, above which a fiftieth of the known pixels are; NaN where none is known
   */
  public record Look(Path file, double known, float near, float median, float far) {}
}
