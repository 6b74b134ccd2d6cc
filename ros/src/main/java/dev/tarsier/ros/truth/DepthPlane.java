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
    int bytes = counted ? Short.BYTES : Float.BYTES;
    Truth.checkStep(view, bytes);
    ByteBuffer data =
        view.data().order(view.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[width * height];
    for (int row = 0; row < height; row++) {
      int at = row * view.step();
      int to = row * width;
      for (int column = 0; column < width; column++, at += bytes) {
        float value = counted ? count(data.getShort(at)) : data.getFloat(at);
        values[to + column] = MetricMap.isKnown(value) ? value : Float.NaN;
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
