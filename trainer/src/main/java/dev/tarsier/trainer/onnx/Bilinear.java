package dev.tarsier.trainer.onnx;

/** Where a pixel of one size lies in another, with pixels' centres at half coordinates. */
final class Bilinear {
  private Bilinear() {}

  /**
   * Two neighbours and how near the second one is.
   *
   * @param low the first
   * @param high the second; the same at an edge
   * @param share of the second, 0 to 1
   */
  record Place(int low, int high, double share) {}

  /** Where pixel {@code at} of {@code to} lies among {@code from}. */
  static Place place(int at, int from, int to) {
    double x = Math.max(0, Math.min(from - 1.0, (at + 0.5) * from / to - 0.5));
    int low = (int) x;
    return new Place(low, Math.min(low + 1, from - 1), x - low);
  }

  /**
   * A map in another size; slow and plain, for what a graph's own operators are compared with.
   *
   * @param values of the map
   * @param shape of it
   * @return float32 [channels, height, width]
   */
  static float[] resize(float[] values, MapShape shape, int height, int width) {
    float[] out = new float[shape.channels() * height * width];
    for (int y = 0; y < height; y++) {
      Place row = place(y, shape.height(), height);
      for (int x = 0; x < width; x++) {
        Place column = place(x, shape.width(), width);
        for (int c = 0; c < shape.channels(); c++) {
          double above =
              mix(
                  values[shape.index(c, row.low(), column.low())],
                  values[shape.index(c, row.low(), column.high())],
                  column.share());
          double below =
              mix(
                  values[shape.index(c, row.high(), column.low())],
                  values[shape.index(c, row.high(), column.high())],
                  column.share());
          out[(c * height + y) * width + x] = (float) mix(above, below, row.share());
        }
      }
    }
    return out;
  }

  private static double mix(double a, double b, double share) {
    return share == 0 ? a : a + (b - a) * share;
  }
}
