package dev.tarsier.ros.replay;

import dev.tarsier.runtime.accuracy.Sampling;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import dev.tarsier.runtime.tensor.ImageToTensor;
import dev.tarsier.runtime.tensor.RgbImage;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;

/** Draws frames for reports, all tiles of a frame in the shape of the camera's image. */
public final class FramePainter {
  private static final int WIDTH = 320;
  private static final float QUANTILE = 0.98f;
  private static final int JPEG_QUALITY = 90;

  private final List<Head> heads;

  /**
   * @param heads of the bundle, in its order
   */
  FramePainter(List<Head> heads) {
    this.heads = heads;
  }

  /**
   * What a picture needs of a frame, at the picture's size.
   *
   * @param image the camera's
   * @param perceived by head, of the image's size
   * @param truths by head, of the image's size
   */
  record Sketch(RgbImage image, Map<String, Plane> perceived, Map<String, Plane> truths) {}

  /**
   * Takes of a frame what drawing it needs.
   *
   * @param perceived Not modified.
   * @param truths what belongs to it, by head. Not modified.
   */
  Sketch sketch(Perceived perceived, Map<String, Plane> truths) {
    int width = Math.min(WIDTH, perceived.imageWidth());
    int height =
        Math.max(1, Math.round((float) width * perceived.imageHeight() / perceived.imageWidth()));
    return new Sketch(
        image(perceived.frame(), width, height),
        sampled(perceived.planes(), width, height),
        sampled(truths, width, height));
  }

  private static RgbImage image(Frame frame, int width, int height) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(3 * width * height);
    try (ImageToTensor scale = new ImageToTensor(height, width)) {
      scale.run(frame, pixels);
    } catch (RejectedFrameException e) {
      throw new IllegalStateException("the frame was perceived and cannot be drawn", e);
    }
    byte[] rgb = new byte[3 * width * height];
    pixels.get(0, rgb);
    return new RgbImage(width, height, rgb);
  }

  private Map<String, Plane> sampled(Map<String, Plane> planes, int width, int height) {
    Map<String, Plane> sampled = new HashMap<>();
    for (Head head : heads) {
      Plane plane = planes.get(head.id());
      if (plane != null) {
        sampled.put(head.id(), head.kind().isMap() ? sampled(plane, width, height) : plane);
      }
    }
    return sampled;
  }

  /** At each pixel what the plane has at the pixel's centre. */
  private static Plane sampled(Plane plane, int width, int height) {
    int channels = plane.channels();
    int[] columns = Sampling.nearestOfEach(width, plane.width());
    byte[] ids = new byte[plane.isIds() ? width * height : 0];
    float[] values = new float[plane.isIds() ? 0 : width * height * channels];
    for (int y = 0, to = 0; y < height; y++) {
      int row = Sampling.nearest(y, height, plane.height()) * plane.width();
      for (int x = 0; x < width; x++, to++) {
        int from = row + columns[x];
        if (plane.isIds()) {
          ids[to] = plane.ids().get(from);
        } else {
          plane.values().get(from * channels, values, to * channels, channels);
        }
      }
    }
    return plane.isIds()
        ? Plane.ofIds(ids, width, height)
        : Plane.ofValues(values, width, height, channels);
  }

  /**
   * Draws a frame that no camera of a recording gave.
   *
   * @param heads which are drawn, in this order
   * @param image of any size
   * @param perceived by head, of any size. Not modified.
   * @param truths by head, of any size; absent ones are not drawn. Not modified.
   */
  public static List<FramePicture.Tile> tiles(
      List<Head> heads, RgbImage image, Map<String, Plane> perceived, Map<String, Plane> truths) {
    FramePainter painter = new FramePainter(heads);
    int width = Math.min(WIDTH, image.width());
    int height = Math.max(1, Math.round((float) width * image.height() / image.width()));
    return painter.tiles(
        new Sketch(
            image.stretch(width, height),
            painter.sampled(perceived, width, height),
            painter.sampled(truths, width, height)));
  }

  /**
   * Draws a frame.
   *
   * @param sketch Not modified.
   */
  List<FramePicture.Tile> tiles(Sketch sketch) {
    Canvas canvas = new Canvas(sketch.image().width(), sketch.image().height(), new ArrayList<>());
    canvas
        .tiles()
        .add(new FramePicture.Tile("image", "image/jpeg", sketch.image().jpeg(JPEG_QUALITY)));
    for (Head head : heads) {
      head.kind()
          .accept(
              new HeadTiles(
                  canvas,
                  head.id(),
                  sketch.perceived().get(head.id()),
                  sketch.truths().get(head.id())));
    }
    return canvas.tiles();
  }

  /** Where tiles of one size are put. */
  private record Canvas(int width, int height, List<FramePicture.Tile> tiles) {
    /** Says more of the image. */
    void caption(String more) {
      FramePicture.Tile image = tiles.get(0);
      tiles.set(
          0,
          new FramePicture.Tile(image.caption() + "; " + more, image.mediaType(), image.bytes()));
    }

    /**
     * Adds a picture of flat colours, in which JPEG would be seen.
     *
     * @param colorAt gives 0xRRGGBB of a pixel, counted row by row
     */
    void png(String caption, IntUnaryOperator colorAt) {
      byte[] rgb = new byte[3 * width * height];
      for (int i = 0; i < width * height; i++) {
        int color = colorAt.applyAsInt(i);
        rgb[3 * i] = (byte) (color >> 16);
        rgb[3 * i + 1] = (byte) (color >> 8);
        rgb[3 * i + 2] = (byte) color;
      }
      tiles.add(
          new FramePicture.Tile(caption, "image/png", new RgbImage(width, height, rgb).png()));
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
            byte[] ids = plane.idArray();
            return at -> colors[Byte.toUnsignedInt(ids[at])];
          });
      return null;
    }

    @Override
    public Void metricMap(MetricMap kind) {
      float[] predicted = perceived.valueArray();
      float[] wanted = truth == null ? new float[0] : truth.valueArray();
      Sorted known = Sorted.of(predicted);
      Sorted trulyKnown = Sorted.of(wanted);
      // One range for both, so that the same colour is the same distance.
      float near = Math.min(known.quantile(1 - QUANTILE), trulyKnown.quantile(1 - QUANTILE));
      float far = Math.max(known.quantile(QUANTILE), trulyKnown.quantile(QUANTILE));
      String range = String.format(Locale.ROOT, ", %.1f to %.1f %s", near, far, kind.unit());
      canvas.png(head + range, at -> ColorMap.metric(predicted[at], near, far));
      if (truth == null) {
        return null;
      }
      canvas.png("true " + head + range, at -> ColorMap.metric(wanted[at], near, far));
      float[] error = new float[predicted.length];
      float[] magnitude = new float[predicted.length];
      for (int i = 0; i < error.length; i++) {
        error[i] = predicted[i] - wanted[i];
        magnitude[i] = Math.abs(error[i]);
      }
      float most = Math.max(0.1f, Sorted.of(magnitude).quantile(QUANTILE));
      canvas.png(
          String.format(Locale.ROOT, "error, ±%.1f %s", most, kind.unit()),
          at -> ColorMap.error(error[at], most));
      return null;
    }

    /** Truth has a unit and this has none: they are not painted side by side. */
    @Override
    public Void relativeMap(RelativeMap kind) {
      float[] values = perceived.valueArray();
      Sorted known = Sorted.of(values);
      float least = known.quantile(1 - QUANTILE);
      float most = known.quantile(QUANTILE);
      boolean nearer = kind.larger() == RelativeMap.Larger.NEARER;
      canvas.png(
          head + ", no unit, near is bright",
          at ->
              nearer
                  ? ColorMap.metric(-values[at], -most, -least)
                  : ColorMap.metric(values[at], least, most));
      return null;
    }

    @Override
    public Void unitVectorMap(UnitVectorMap kind) {
      both(
          plane ->
              at -> {
                float right = plane.values().get(3 * at);
                float down = plane.values().get(3 * at + 1);
                float away = plane.values().get(3 * at + 2);
                return UnitVectorMap.isKnown(right, down, away)
                    ? UnitVectorMap.rgb(right, down, away)
                    : ColorMap.NO_VALUE;
              });
      return null;
    }

    /** A class of the whole image is no picture, so the image's caption says it. */
    @Override
    public Void imageClass(ImageClass kind) {
      FloatBuffer probabilities = perceived.values();
      int best = 0;
      for (int id = 1; id < kind.classes().size(); id++) {
        best = probabilities.get(id) > probabilities.get(best) ? id : best;
      }
      canvas.caption(
          String.format(
              Locale.ROOT,
              "%s %s, %.0f %%",
              head,
              kind.classes().get(best).name(),
              100 * probabilities.get(best)));
      return null;
    }

    private void both(Function<Plane, IntUnaryOperator> colors) {
      canvas.png(head, colors.apply(perceived));
      if (truth != null) {
        canvas.png("true " + head, colors.apply(truth));
      }
    }
  }

  /** The known ones of some values, the smallest first. */
  private record Sorted(float[] values, int count) {
    static Sorted of(float[] all) {
      float[] values = new float[all.length];
      int count = 0;
      for (float value : all) {
        if (!Float.isNaN(value)) {
          values[count++] = value;
        }
      }
      Arrays.sort(values, 0, count);
      return new Sorted(values, count);
    }

    /** Infinite where there is no value, so that {@code Math.min} and {@code max} take another. */
    float quantile(float share) {
      if (count == 0) {
        return share < 0.5f ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
      }
      return values[Math.min(count - 1, (int) (share * count))];
    }
  }
}
