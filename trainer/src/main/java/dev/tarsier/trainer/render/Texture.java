package dev.tarsier.trainer.render;

/**
 * A square picture that repeats, with its halved copies. A texel is 0xRRGGBB; a two-tone texture
 * keeps the mix of a material's two colours in R and a shade in G (128 = as is), so that one
 * texture serves many materials.
 */
final class Texture {
  private final int[][] levels;
  private final int size;

  /**
   * Makes the smaller copies.
   *
   * @param size a power of two
   * @param texels by rows. Kept, not copied.
   */
  Texture(int size, int[] texels) {
    this.size = size;
    int count = Integer.numberOfTrailingZeros(size) + 1;
    levels = new int[count][];
    levels[0] = texels;
    for (int level = 1, width = size / 2; level < count; level++, width /= 2) {
      int[] above = levels[level - 1];
      int[] half = new int[width * width];
      for (int y = 0; y < width; y++) {
        for (int x = 0; x < width; x++) {
          int at = 4 * y * width + 2 * x;
          int p = above[at];
          int q = above[at + 1];
          int r = above[at + 2 * width];
          int s = above[at + 2 * width + 1];
          int mean = 0;
          for (int shift = 0; shift <= 16; shift += 8) {
            int sum =
                ((p >> shift) & 255)
                    + ((q >> shift) & 255)
                    + ((r >> shift) & 255)
                    + ((s >> shift) & 255);
            mean |= ((sum + 2) / 4) << shift;
          }
          half[y * width + x] = mean;
        }
      }
      levels[level] = half;
    }
  }

  /** The mean of all texels. */
  int mean() {
    return levels[levels.length - 1][0];
  }

  /**
   * A smoothed texel.
   *
   * @param u in tiles, any value
   * @param v in tiles, downwards, any value
   * @param footprint of the pixel in tiles
   * @param rgb receives three values, 0 to 255
   */
  void sample(double u, double v, double footprint, float[] rgb) {
    double texels = footprint * size;
    int level = 0;
    while (texels > 1.4 && level < levels.length - 1) {
      texels *= 0.5;
      level++;
    }
    int width = size >> level;
    int mask = width - 1;
    double x = u * width - 0.5;
    double y = v * width - 0.5;
    int x0 = (int) Math.floor(x);
    int y0 = (int) Math.floor(y);
    float fx = (float) (x - x0);
    float fy = (float) (y - y0);
    int[] texel = levels[level];
    int row0 = (y0 & mask) * width;
    int row1 = ((y0 + 1) & mask) * width;
    int p = texel[row0 + (x0 & mask)];
    int q = texel[row0 + ((x0 + 1) & mask)];
    int r = texel[row1 + (x0 & mask)];
    int s = texel[row1 + ((x0 + 1) & mask)];
    float wp = (1 - fx) * (1 - fy);
    float wq = fx * (1 - fy);
    float wr = (1 - fx) * fy;
    float ws = fx * fy;
    rgb[0] = wp * (p >> 16) + wq * (q >> 16) + wr * (r >> 16) + ws * (s >> 16);
    rgb[1] =
        wp * ((p >> 8) & 255)
            + wq * ((q >> 8) & 255)
            + wr * ((r >> 8) & 255)
            + ws * ((s >> 8) & 255);
    rgb[2] = wp * (p & 255) + wq * (q & 255) + wr * (r & 255) + ws * (s & 255);
  }
}
