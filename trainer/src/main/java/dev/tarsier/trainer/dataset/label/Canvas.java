package dev.tarsier.trainer.dataset.label;

import dev.tarsier.trainer.dataset.DataException;
import java.util.Arrays;

/**
 * Class ids of one frame, onto which shapes are painted, later ones over earlier ones. A pixel is
 * in a shape when its centre (x + ½, y + ½) is; what lies beyond the frame is cut off, and counted
 * where it is more than a pixel. One thread.
 */
final class Canvas {
  private static final int ELLIPSE_CORNERS = 180;

  private final int width;
  private final int height;
  private final byte[] ids;
  private int cut;

  /**
   * A canvas.
   *
   * @param nothing what a pixel is that no shape covers
   */
  Canvas(int width, int height, int nothing) {
    this.width = width;
    this.height = height;
    ids = new byte[width * height];
    Arrays.fill(ids, (byte) nothing);
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  /** How many shapes reached more than a pixel beyond the frame. */
  int cut() {
    return cut;
  }

  /** uint8 [height, width]; not copied. */
  byte[] ids() {
    return ids;
  }

  /**
   * Fills a ring by the even-odd rule, so that one which walks in and out of a hole leaves it.
   *
   * @param xy corners, x and y in turn. Not modified.
   * @throws DataException if it has fewer than three corners or a corner is nowhere
   */
  void polygon(double[] xy, int id) {
    if (xy.length % 2 != 0) {
      throw new DataException("a polygon has %d numbers, an x without its y".formatted(xy.length));
    }
    int corners = xy.length / 2;
    if (corners < 3) {
      throw new DataException("a polygon has %d corners, it needs 3".formatted(corners));
    }
    double top = Double.POSITIVE_INFINITY;
    double bottom = Double.NEGATIVE_INFINITY;
    double left = Double.POSITIVE_INFINITY;
    double right = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < corners; i++) {
      if (!Double.isFinite(xy[2 * i]) || !Double.isFinite(xy[2 * i + 1])) {
        throw new DataException(
            "a polygon has a corner at (%s, %s)".formatted(xy[2 * i], xy[2 * i + 1]));
      }
      top = Math.min(top, xy[2 * i + 1]);
      bottom = Math.max(bottom, xy[2 * i + 1]);
      left = Math.min(left, xy[2 * i]);
      right = Math.max(right, xy[2 * i]);
    }
    cut += left < -1 || top < -1 || right > width + 1 || bottom > height + 1 ? 1 : 0;
    int first = (int) Math.max(0, Math.ceil(top - 0.5));
    int last = (int) Math.min(height - 1.0, Math.floor(bottom - 0.5));
    double[] crossings = new double[corners];
    for (int y = first; y <= last; y++) {
      int count = crossings(xy, y + 0.5, crossings);
      Arrays.sort(crossings, 0, count);
      for (int k = 0; k + 1 < count; k += 2) {
        fill(y, crossings[k], crossings[k + 1], id);
      }
    }
  }

  /** Where a horizontal line cuts a ring's edges; an edge has its upper end and not its lower. */
  private static int crossings(double[] xy, double y, double[] crossings) {
    int count = 0;
    double x0 = xy[xy.length - 2];
    double y0 = xy[xy.length - 1];
    for (int i = 0; i < xy.length; i += 2) {
      double x1 = xy[i];
      double y1 = xy[i + 1];
      if ((y0 <= y) != (y1 <= y)) {
        crossings[count++] = x0 + (y - y0) / (y1 - y0) * (x1 - x0);
      }
      x0 = x1;
      y0 = y1;
    }
    return count;
  }

  private void fill(int y, double left, double right, int id) {
    int from = (int) Math.max(0, Math.ceil(left - 0.5));
    int to = (int) Math.min(width, Math.ceil(right - 0.5));
    if (from < to) {
      Arrays.fill(ids, y * width + from, y * width + to, (byte) id);
    }
  }

  /** Fills a box, whichever two opposite corners are given. */
  void box(double x0, double y0, double x1, double y1, int id) {
    polygon(new double[] {x0, y0, x1, y0, x1, y1, x0, y1}, id);
  }

  /**
   * Fills an ellipse.
   *
   * @param turned clockwise on the screen, radians
   */
  void ellipse(double x, double y, double radiusX, double radiusY, double turned, int id) {
    double[] xy = new double[2 * ELLIPSE_CORNERS];
    for (int i = 0; i < ELLIPSE_CORNERS; i++) {
      double angle = 2 * Math.PI * i / ELLIPSE_CORNERS;
      double along = radiusX * Math.cos(angle);
      double across = radiusY * Math.sin(angle);
      xy[2 * i] = x + along * Math.cos(turned) - across * Math.sin(turned);
      xy[2 * i + 1] = y + along * Math.sin(turned) + across * Math.cos(turned);
    }
    polygon(xy, id);
  }

  /**
   * Paints a mask.
   *
   * @param covered [rows, columns], row by row. Not modified.
   * @param left column of the canvas that its first column lies on; may be outside
   * @param top row of the canvas that its first row lies on; may be outside
   */
  void mask(boolean[] covered, int columns, int left, int top, int id) {
    for (int i = 0; i < covered.length; i++) {
      long x = (long) left + i % columns;
      long y = (long) top + i / columns;
      if (covered[i] && x >= 0 && x < width && y >= 0 && y < height) {
        ids[(int) (y * width + x)] = (byte) id;
      }
    }
  }
}
