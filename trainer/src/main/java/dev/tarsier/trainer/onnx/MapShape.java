package dev.tarsier.trainer.onnx;

import java.util.ArrayList;
import java.util.List;

/**
 * A map in an output: so many channels of height × width.
 *
 * @param channels 1 where there is no such axis
 * @param height rows
 * @param width columns
 * @param channelsLast whether the channels are the last axis
 */
record MapShape(int channels, int height, int width, boolean channelsLast) {
  /** Network strides round up, so that both axes need not be scaled by quite the same. */
  private static final double ASPECT = 0.12;

  /** An output may be this many times as large as the input. */
  private static final int MOST_ENLARGED = 4;

  /**
   * What maps of the input an output can be. More than one only where channels could be either end.
   *
   * @param shape of the output in a run with one image
   * @param height of the input
   * @param width of the input
   */
  static List<MapShape> in(long[] shape, int height, int width) {
    List<MapShape> found = new ArrayList<>();
    switch (shape.length) {
      case 4 -> {
        if (shape[0] == 1) {
          add(found, shape[1], shape[2], shape[3], false, height, width);
          add(found, shape[3], shape[1], shape[2], true, height, width);
        }
      }
      case 3 -> {
        if (shape[0] == 1) {
          add(found, 1, shape[1], shape[2], false, height, width);
        } else {
          add(found, shape[0], shape[1], shape[2], false, height, width);
          add(found, shape[2], shape[0], shape[1], true, height, width);
        }
      }
      case 2 -> add(found, 1, shape[0], shape[1], false, height, width);
      default -> {
        // no map
      }
    }
    return found;
  }

  private static void add(
      List<MapShape> found, long c, long h, long w, boolean last, int height, int width) {
    if (c < 1 || h < 2 || w < 2 || c > 1 << 16 || h > 1 << 14 || w > 1 << 14) {
      return;
    }
    double down = (double) height / h;
    double across = (double) width / w;
    double larger = Math.max(down, across);
    if (Math.abs(down - across) <= ASPECT * larger && larger >= 1.0 / MOST_ENLARGED) {
      found.add(new MapShape((int) c, (int) h, (int) w, last));
    }
  }

  /** Where a value lies. */
  int index(int channel, int y, int x) {
    return channelsLast ? (y * width + x) * channels + channel : (channel * height + y) * width + x;
  }
}
