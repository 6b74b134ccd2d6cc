package dev.tarsier.trainer.dataset;

/**
 * Which pixel of a frame each pixel of a batch shows: the nearest one, since ids and measures may
 * not be blended over an edge.
 *
 * @param columns of the frame, by column of the batch; {@link #OUTSIDE} beside the frame
 * @param rows of the frame, by row of the batch
 * @param width of the frame
 */
record Grid(int[] columns, int[] rows, int width) {
  /** Where the batch shows what is not in the frame. */
  static final int OUTSIDE = -1;

  /** Pixels that the frame's edge may be missed by. */
  private static final double ROUNDING = 1e-6;

  /**
   * What is seen, in the frame's pixels; where it is larger than the frame, all of that is in it.
   */
  record Region(double left, double top, double width, double height) {
    /** The same in a plane of the same view and another size. */
    Region scaled(double perColumn, double perRow) {
      return new Region(left * perColumn, top * perRow, width * perColumn, height * perRow);
    }
  }

  /**
   * A grid.
   *
   * @param region what is seen
   * @param frameWidth pixels
   * @param frameHeight pixels
   * @param width of the batch
   * @param height of the batch
   * @param mirrored whether left and right are exchanged
   */
  static Grid of(
      Region region, int frameWidth, int frameHeight, int width, int height, boolean mirrored) {
    int[] columns = new int[width];
    for (int x = 0; x < width; x++) {
      int at = mirrored ? width - 1 - x : x;
      columns[x] = nearest(region.left() + (at + 0.5) * region.width() / width, frameWidth);
    }
    int[] rows = new int[height];
    for (int y = 0; y < height; y++) {
      rows[y] = nearest(region.top() + (y + 0.5) * region.height() / height, frameHeight);
    }
    return new Grid(columns, rows, frameWidth);
  }

  /** Columns of the batch. */
  int gridWidth() {
    return columns.length;
  }

  /** Rows of the batch. */
  int gridHeight() {
    return rows.length;
  }

  /** Index of the frame's pixel, or {@link #OUTSIDE}. */
  int pixel(int row, int column) {
    return rows[row] == OUTSIDE || columns[column] == OUTSIDE
        ? OUTSIDE
        : rows[row] * width + columns[column];
  }

  private static int nearest(double x, int size) {
    if (x < -ROUNDING || x > size + ROUNDING) {
      return OUTSIDE;
    }
    return Math.max(0, Math.min(size - 1, (int) Math.floor(x)));
  }
}
