package dev.tarsier.trainer.dataset.depth;

import java.util.function.IntToDoubleFunction;

/**
 * A file's values as they are stored.
 *
 * @param width columns
 * @param height rows
 * @param type of a value, for messages, such as {@code uint16} or {@code float32}
 * @param whole whether values are whole numbers
 * @param nodata the value that the file itself calls unknown; NaN for none
 * @param values gives the value of a pixel, row by row from 0
 */
record StoredDepth(
    int width, int height, String type, boolean whole, double nodata, IntToDoubleFunction values) {
  /** More than any camera here has; a header that promises more is not believed. */
  static final long MOST_PIXELS = 1L << 26;

  /** Numbers of 16 bits without a sign. */
  static final String UINT16 = "uint16";

  boolean isWide16() {
    return type.equals(UINT16);
  }

  /** The value of IEEE 754's binary16. */
  static float half(short bits) {
    int sign = bits < 0 ? -1 : 1;
    int exponent = (bits >>> 10) & 31;
    int fraction = bits & 1023;
    if (exponent == 31) {
      return fraction != 0 ? Float.NaN : sign * Float.POSITIVE_INFINITY;
    }
    return exponent == 0
        ? sign * Math.scalb((float) fraction, -24)
        : sign * Math.scalb((float) (1024 + fraction), exponent - 25);
  }
}
