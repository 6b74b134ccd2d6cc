package dev.tarsier.ros.replay;

import dev.tarsier.ros.truth.Truth;
import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.model.BundleManifest;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.tensor.ImageToTensor;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntBinaryOperator;

/** Draws frames for the report, all tiles of a frame in the shape of the camera's image. */
final class FramePainter {
  private static final int WIDTH = 320;
  private static final float QUANTILE = 0.98f;

  private final int[] colors = new int[256];

  FramePainter(BundleManifest manifest) {
    manifest
        .firstKind(ClassMap.class)
        .ifPresent(
            kind -> {
              kind.classes().forEach(each -> colors[each.id()] = each.rgb());
              colors[kind.ignoreId()] = ColorMap.NO_VALUE;
            });
  }

  /**
   * Draws a frame.
   *
   * @param perceived Not modified.
   * @param depth its truth; null without
   * @param labels its truth; null without
   */
  List<FramePicture.Tile> tiles(Perceived perceived, Truth depth, Truth labels) {
    int width = Math.min(WIDTH, perceived.imageWidth());
    int height =
        Math.max(1, Math.round((float) width * perceived.imageHeight() / perceived.imageWidth()));
    List<FramePicture.Tile> tiles = new ArrayList<>();
    tiles.add(rgb(perceived.frame(), width, height));
    boolean hasIds = perceived.hasIds();
    if (hasIds) {
      tiles.add(
          png("classes", width, height, (x, y) -> colors[id(perceived, x, y, width, height)]));
    }
    if (hasIds && labels != null) {
      tiles.add(
          png(
              "true classes",
              width,
              height,
              (x, y) -> colors[trueId(labels, x, y, width, height)]));
    }
    if (perceived.hasMetres()) {
      depthTiles(tiles, perceived, depth, width, height);
    }
    return tiles;
  }

  private void depthTiles(
      List<FramePicture.Tile> tiles, Perceived perceived, Truth truth, int width, int height) {
    float[] predicted = new float[width * height];
    float[] wanted = new float[width * height];
    float[] error = new float[width * height];
    for (int i = 0; i < predicted.length; i++) {
      int from = Sampling.nearest(i, width, height, perceived.width(), perceived.height());
      predicted[i] = perceived.metres().get(from);
      wanted[i] =
          truth == null
              ? Float.NaN
              : truth.metres()[Sampling.nearest(i, width, height, truth.width(), truth.height())];
      error[i] = predicted[i] - wanted[i];
    }
    // One range for both, so that the same colour is the same distance.
    float near = Math.min(quantile(predicted, 1 - QUANTILE), quantile(wanted, 1 - QUANTILE));
    float far = Math.max(quantile(predicted, QUANTILE), quantile(wanted, QUANTILE));
    String range = String.format(Locale.ROOT, "%.1f to %.1f m", near, far);
    tiles.add(
        png(
            "depth, " + range,
            width,
            height,
            (x, y) -> ColorMap.depth(predicted[y * width + x], near, far)));
    if (truth == null) {
      return;
    }
    tiles.add(
        png(
            "true depth, " + range,
            width,
            height,
            (x, y) -> ColorMap.depth(wanted[y * width + x], near, far)));
    float[] magnitude = new float[error.length];
    for (int i = 0; i < error.length; i++) {
      magnitude[i] = Math.abs(error[i]);
    }
    float most = Math.max(0.1f, quantile(magnitude, QUANTILE));
    tiles.add(
        png(
            String.format(Locale.ROOT, "error, ±%.1f m", most),
            width,
            height,
            (x, y) -> ColorMap.error(error[y * width + x], most)));
  }

  private static int id(Perceived from, int x, int y, int width, int height) {
    return Byte.toUnsignedInt(
        from.ids()
            .get(Sampling.nearest(y * width + x, width, height, from.width(), from.height())));
  }

  private static int trueId(Truth from, int x, int y, int width, int height) {
    return Byte.toUnsignedInt(
        from.ids()[Sampling.nearest(y * width + x, width, height, from.width(), from.height())]);
  }

  /** NaN where there is no value at all, which {@code Math.min} and {@code max} would keep. */
  private static float quantile(float[] values, float share) {
    float[] sorted = new float[values.length];
    int count = 0;
    for (float value : values) {
      if (!Float.isNaN(value)) {
        sorted[count++] = value;
      }
    }
    if (count == 0) {
      return share < 0.5f ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
    }
    Arrays.sort(sorted, 0, count);
    return sorted[Math.min(count - 1, (int) (share * count))];
  }

  private static FramePicture.Tile rgb(Frame frame, int width, int height) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(3 * width * height);
    try (ImageToTensor scale = new ImageToTensor(height, width)) {
      scale.run(frame, pixels);
    } catch (RejectedFrameException e) {
      throw new IllegalStateException("the frame was perceived and cannot be drawn", e);
    }
    return encoded(
        "image",
        "jpg",
        width,
        height,
        (x, y) -> {
          int at = 3 * (y * width + x);
          return (pixels.get(at) & 255) << 16
              | (pixels.get(at + 1) & 255) << 8
              | (pixels.get(at + 2) & 255);
        });
  }

  private static FramePicture.Tile png(
      String caption, int width, int height, IntBinaryOperator colorAt) {
    return encoded(caption, "png", width, height, colorAt);
  }

  private static FramePicture.Tile encoded(
      String caption, String format, int width, int height, IntBinaryOperator colorAt) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, colorAt.applyAsInt(x, y));
      }
    }
    return new FramePicture.Tile(
        caption, format.equals("jpg") ? "image/jpeg" : "image/png", EncodedImage.of(image, format));
  }
}
