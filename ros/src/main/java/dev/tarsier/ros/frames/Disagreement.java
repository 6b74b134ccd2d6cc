package dev.tarsier.ros.frames;

import dev.tarsier.runtime.task.ClassMap;
import dev.tarsier.runtime.task.HeadKind;
import dev.tarsier.runtime.task.ImageClass;
import dev.tarsier.runtime.task.MetricMap;
import dev.tarsier.runtime.task.Plane;
import dev.tarsier.runtime.task.RelativeMap;
import dev.tarsier.runtime.task.UnitVectorMap;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * How much what a head says of an image differs from what it says of the mirrored image, mirrored
 * back: 0 where nothing differs. Nothing but the outputs is needed, so it works with any bundle.
 *
 * @param plane of the image. Not modified.
 * @param mirrored of the mirrored image, as it came. Not modified.
 */
record Disagreement(Plane plane, Plane mirrored) implements HeadKind.Visitor<Double> {
  /**
   * The share of pixels whose class is not among the nine nearest on the other side: edges move.
   */
  @Override
  public Double classMap(ClassMap kind) {
    int width = plane.width();
    int height = plane.height();
    ByteBuffer ids = plane.ids();
    ByteBuffer others = mirrored.ids();
    long differ = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if (!isNear(others, ids.get(y * width + x), width - 1 - x, y)) {
          differ++;
        }
      }
    }
    return (double) differ / (width * height);
  }

  private boolean isNear(ByteBuffer others, byte id, int x, int y) {
    int width = mirrored.width();
    for (int row = Math.max(0, y - 1); row <= Math.min(mirrored.height() - 1, y + 1); row++) {
      for (int column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        if (others.get(row * width + column) == id) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The mean of |ln(a/b) − m|, at most 1 for a pixel, where m is the median of ln(a/b): by how much
   * the shapes differ, whatever the scales. A pixel that only one side knows counts as 1.
   */
  @Override
  public Double metricMap(MetricMap kind) {
    int width = plane.width();
    FloatBuffer values = plane.values();
    FloatBuffer others = mirrored.values();
    float[] logs = new float[values.limit()];
    int both = 0;
    int one = 0;
    for (int i = 0; i < values.limit(); i++) {
      float a = values.get(i);
      float b = others.get(i / width * width + width - 1 - i % width);
      if (MetricMap.isKnown(a) && MetricMap.isKnown(b)) {
        logs[both++] = (float) Math.log(a / b);
      } else if (MetricMap.isKnown(a) || MetricMap.isKnown(b)) {
        one++;
      }
    }
    if (both + one == 0) {
      return 0.0;
    }
    Arrays.sort(logs, 0, both);
    float median = both == 0 ? 0 : logs[both / 2];
    double sum = one;
    for (int i = 0; i < both; i++) {
      sum += Math.min(1, Math.abs(logs[i] - median));
    }
    return sum / (both + one);
  }

  /**
   * The mean of |a − b| after each side lost its median and its mean distance from that, by which
   * MiDaS compares what has no unit (Ranftl et al., PAMI 2022, their scale- and shift-invariant
   * loss).
   */
  @Override
  public Double relativeMap(RelativeMap kind) {
    int width = plane.width();
    float[] values = normalised(plane.values());
    float[] others = normalised(mirrored.values());
    double sum = 0;
    long count = 0;
    for (int i = 0; i < values.length; i++) {
      float difference = values[i] - others[i / width * width + width - 1 - i % width];
      if (RelativeMap.isKnown(difference)) {
        sum += Math.abs(difference);
        count++;
      }
    }
    return count == 0 ? 0 : sum / count;
  }

  /** NaN where nothing is known. */
  private static float[] normalised(FloatBuffer values) {
    float[] all = new float[values.limit()];
    values.get(0, all);
    float[] known = new float[all.length];
    int count = 0;
    for (float value : all) {
      if (RelativeMap.isKnown(value)) {
        known[count++] = value;
      }
    }
    Arrays.sort(known, 0, count);
    float median = count == 0 ? 0 : known[count / 2];
    double spread = 0;
    for (int i = 0; i < count; i++) {
      spread += Math.abs(known[i] - median) / count;
    }
    for (int i = 0; i < all.length; i++) {
      all[i] =
          RelativeMap.isKnown(all[i])
              ? (float) (spread == 0 ? 0 : (all[i] - median) / spread)
              : Float.NaN;
    }
    return all;
  }

  /** The mean angle in radians; the mirror turns the first component round. */
  @Override
  public Double unitVectorMap(UnitVectorMap kind) {
    int width = plane.width();
    FloatBuffer values = plane.values();
    FloatBuffer others = mirrored.values();
    double sum = 0;
    long count = 0;
    for (int i = 0; i < width * plane.height(); i++) {
      int j = i / width * width + width - 1 - i % width;
      if (isKnown(values, i) && isKnown(others, j)) {
        sum +=
            UnitVectorMap.angle(
                values.get(3 * i),
                values.get(3 * i + 1),
                values.get(3 * i + 2),
                -others.get(3 * j),
                others.get(3 * j + 1),
                others.get(3 * j + 2));
        count++;
      }
    }
    return count == 0 ? 0 : sum / count;
  }

  private static boolean isKnown(FloatBuffer values, int pixel) {
    return UnitVectorMap.isKnown(
        values.get(3 * pixel), values.get(3 * pixel + 1), values.get(3 * pixel + 2));
  }

  /** Half of the scores' absolute difference, as they are probabilities: 0 to 1. */
  @Override
  public Double imageClass(ImageClass kind) {
    FloatBuffer scores = plane.values();
    FloatBuffer others = mirrored.values();
    double sum = 0;
    for (int i = 0; i < scores.limit(); i++) {
      sum += Math.abs(scores.get(i) - others.get(i));
    }
    return sum / 2;
  }
}
