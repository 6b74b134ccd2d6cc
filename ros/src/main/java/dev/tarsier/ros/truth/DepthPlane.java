package dev.tarsier.ros.truth;

import dev.tarsier.ros.port.CameraImage;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.runtime.task.MetricMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A depth image as it was stored, before its unit is applied.
 *
 * @param width pixels
 * @param height pixels
 * @param counted whether the values are counts of 16 bits, whose unit stands elsewhere; else metres
 * @param values float32 [height, width], NaN unknown
 */
record DepthPlane(int width, int height, boolean counted, float[] values) {
  private static final short SATURATED = -1;

  /**
   * Reads a raw image.
   *
   * @param view of the message. Not modified.
   * @throws MessageFormatException when it is no depth image
   */
  static DepthPlane of(CameraImage view) {
    boolean counted =
        switch (view.encoding()) {
          case "16UC1", "mono16" -> true;
          case "32FC1" -> false;
          default ->
              throw new MessageFormatException(
                  "depth must be 16UC1, mono16 or 32FC1, got '%s'".formatted(view.encoding()));
        };
    int width = view.width();
    int height = view.height();
    Truth.checkStep(view, counted ? Short.BYTES : Float.BYTES);
    ByteBuffer data =
        view.data().order(view.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[width * height];
    short[] counts = new short[counted ? width : 0];
    for (int row = 0; row < height; row++) {
      data.position(row * view.step());
      int to = row * width;
      if (counted) {
        data.asShortBuffer().get(counts);
        for (int column = 0; column < width; column++) {
          values[to + column] = count(counts[column]);
        }
      } else {
        data.asFloatBuffer().get(values, to, width);
        for (int i = to; i < to + width; i++) {
          values[i] = MetricMap.isKnown(values[i]) ? values[i] : Float.NaN;
        }
      }
    }
    return new DepthPlane(width, height, counted, values);
  }

  /** 0 is unknown, and so is what a camera writes where depth is beyond what it can count. */
  static float count(short stored) {
    return stored == 0 || stored == SATURATED ? Float.NaN : Short.toUnsignedInt(stored);
  }

  /**
   * The values in metres; this plane's array is used.
   *
   * @param unit metres to 1
   */
  float[] metres(double unit) {
    if (unit != 1) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (values[i] * unit);
      }
    }
    return values;
  }
}
