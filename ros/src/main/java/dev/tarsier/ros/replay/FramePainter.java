package dev.tarsier.ros.replay;

import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.file.EncodedImage;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.runtime.tensor.ImageToTensor;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntBinaryOperator;

/** Draws frames for the report, all tiles of a frame in the shape of the camera's image. */
final class FramePainter {
  private static final int WIDTH = 320;
  private static final float QUANTILE = 0.98f;

  private final List<Head> heads;

  /**
   * @param heads of the bundle, in its order
   */
  FramePainter(List<Head> heads) {
    this.heads = heads;
  }

  /**
   * Draws a frame.
   *
   * @param perceived Not modified.
   * @param truths what belongs to it, by head
   */
  List<FramePicture.Tile> tiles(Perceived perceived, Map<String, Plane> truths) {
    int width = Math.min(WIDTH, perceived.imageWidth());
    int height =
        Math.max(1, Math.round((float) width * perceived.imageHeight() / perceived.imageWidth()));
    Canvas canvas = new Canvas(width, height, new ArrayList<>());
    canvas.tiles().add(rgb(perceived.frame(), width, height));
    for (Head head : heads) {
      Plane plane = perceived.planes().get(head.id());
      head.kind().accept(new HeadTiles(canvas, head.id(), plane, truths.get(head.id())));
    }
    return canvas.tiles();
  }

  /** Where tiles of one size are put. */
  private record Canvas(int width, int height, List<FramePicture.Tile> tiles) {
    void png(String caption, IntBinaryOperator colorAt) {
      tiles.add(encoded(caption, "png", width, height, colorAt));
    }

    /** The place in a plane that holds the centre of a pixel of the canvas. */
    int at(Plane plane, int x, int y) {
      return Sampling.nearest(y * width + x, width, height, plane.width(), plane.height());
    }
  }

  /** The tiles of one head: what was perceived, the truth, and how they differ. */
  private record HeadTiles(Canvas canvas, String head, Plane perceived, Plane truth)
      implements HeadKind.Visitor<Void> {
    @Override
    public Void classMap(ClassMap kind) {
      int[] colors = new int[256];
      kind.classes().forEach(each -> colors[each.id()] = each.rgb());
      colors[kind.ignoreId()] = ColorMap.NO_VALUE;
      both(
          plane -> {
            ByteBuffer ids = plane.ids();
            return (x, y) -> colors[Byte.toUnsignedInt(ids.get(canvas.at(plane, x, y)))];
          });
      return null;
    }

    @Override
    public Void metricMap(MetricMap kind) {
      float[] predicted = scaled(perceived);
      float[] wanted = scaled(truth);
      // One range for both, so that the same colour is the same distance.
      float near = Math.min(quantile(predicted, 1 - QUANTILE), quantile(wanted, 1 - QUANTILE));
      float far = Math.max(quantile(predicted, QUANTILE), quantile(wanted, QUANTILE));
      String range = String.format(Locale.ROOT, ", %.1f to %.1f %s", near, far, kind.unit());
      int width = canvas.width();
      canvas.png(head + range, (x, y) -> ColorMap.metric(predicted[y * width + x], near, far));
      if (truth == null) {
        return null;
      }
      canvas.png(
          "true " + head + range, (x, y) -> ColorMap.metric(wanted[y * width + x], near, far));
      float[] error = new float[predicted.length];
      float[] magnitude = new float[predicted.length];
      for (int i = 0; i < error.length; i++) {
        error[i] = predicted[i] - wanted[i];
        magnitude[i] = Math.abs(error[i]);
      }
      float most = Math.max(0.1f, quantile(magnitude, QUANTILE));
      canvas.png(
          String.format(Locale.ROOT, "error, ±%.1f %s", most, kind.unit()),
          (x, y) -> ColorMap.error(error[y * width + x], most));
      return null;
    }

    /** At the size of the canvas; NaN where there is no plane. */
    private float[] scaled(Plane plane) {
      float[] values = new float[canvas.width() * canvas.height()];
      Arrays.fill(values, Float.NaN);
      for (int i = 0; plane != null && i < values.length; i++) {
        values[i] = plane.values().get(canvas.at(plane, i % canvas.width(), i / canvas.width()));
      }
      return values;
    }

    /** A component of −1 to 1 is a colour's 0 to 255: right is red, down green, away blue. */
    @Override
    public Void unitVectorMap(UnitVectorMap kind) {
      both(
          plane ->
              (x, y) -> {
                int at = 3 * canvas.at(plane, x, y);
                float right = plane.values().get(at);
                float down = plane.values().get(at + 1);
                float away = plane.values().get(at + 2);
                return UnitVectorMap.isKnown(right, down, away)
                    ? channel(right) << 16 | channel(down) << 8 | channel(away)
                    : ColorMap.NO_VALUE;
              });
      return null;
    }

    private static int channel(float component) {
      return Math.max(0, Math.min(255, Math.round(127.5f * (component + 1))));
    }

    /** A class of the whole image is no picture. */
    @Override
    public Void imageClass(ImageClass kind) {
      return null;
    }

    private void both(Function<Plane, IntBinaryOperator> colors) {
      canvas.png(head, colors.apply(perceived));
      if (truth != null) {
        canvas.png("true " + head, colors.apply(truth));
      }
    }
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
