package dev.tarsier.ros.replay;

/**
 * Colours for numbers, packed 0xRRGGBB. Both maps are readable for colour-blind people and keep
 * their order in grey.
 */
public final class ColorMap {
  /** A pixel without a value. */
  public static final int NO_VALUE = 0x3A3A3A;

  // Nine samples of matplotlib's viridis (CC0).
  private static final int[] VIRIDIS = {
    0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C, 0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725
  };

  // ColorBrewer's RdBu with a neutral middle: blue is too near, red is too far.
  private static final int[] BLUE_RED = {
    0x053061, 0x2166AC, 0x4393C3, 0x92C5DE, 0xF7F7F7, 0xF4A582, 0xD6604D, 0xB2182B, 0x67001F
  };

  private ColorMap() {}

  /** Depth: near is bright, far is dark. */
  public static int metric(float metres, float min, float max) {
    return sample(VIRIDIS, 1 - (metres - min) / Math.max(1e-6f, max - min));
  }

  /** Signed error: white is none, blue is too near, red is too far. */
  static int error(float metres, float range) {
    return sample(BLUE_RED, 0.5f + 0.5f * metres / Math.max(1e-6f, range));
  }

  /** A CSS gradient of the depth map, from near to far. */
  public static String metricGradient() {
    return gradient(VIRIDIS, true);
  }

  /** A CSS gradient of the error map, from too near to too far. */
  static String errorGradient() {
    return gradient(BLUE_RED, false);
  }

  private static String gradient(int[] map, boolean reversed) {
    StringBuilder css = new StringBuilder("linear-gradient(to right");
    for (int i = 0; i < map.length; i++) {
      css.append(", #%06X".formatted(map[reversed ? map.length - 1 - i : i]));
    }
    return css.append(')').toString();
  }

  private static int sample(int[] map, float position) {
    if (Float.isNaN(position)) {
      return NO_VALUE;
    }
    float at = Math.min(1, Math.max(0, position)) * (map.length - 1);
    int low = Math.min(map.length - 2, (int) at);
    float f = at - low;
    int a = map[low];
    int b = map[low + 1];
    int r = Math.round((a >> 16 & 255) * (1 - f) + (b >> 16 & 255) * f);
    int g = Math.round((a >> 8 & 255) * (1 - f) + (b >> 8 & 255) * f);
    int bl = Math.round((a & 255) * (1 - f) + (b & 255) * f);
    return r << 16 | g << 8 | bl;
  }
}
