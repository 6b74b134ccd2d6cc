package dev.tarsier.ros.replay;

import dev.tarsier.ros.message.ImageView;
import dev.tarsier.ros.message.MessageFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the bag itself knows of one moment: depth or class ids. Exactly one of the arrays is there.
 *
 * @param stampNanos of its header
 * @param receiveNanos when it was recorded
 * @param width pixels
 * @param height pixels
 * @param metres float32 [height, width], NaN unknown; null for labels
 * @param ids uint8 [height, width]; null for depth
 */
public record Truth(
    long stampNanos, long receiveNanos, int width, int height, float[] metres, byte[] ids) {
  private static final short SATURATED = -1;

  /**
   * Depth of an image message: 16UC1 and mono16 in millimetres with 0 unknown, 32FC1 in metres with
   * NaN unknown (REP 118); what is not positive and finite is unknown too, and so is 65535 mm,
   * which cameras write where depth is beyond what they can count.
   *
   * @param view of the message. Not modified.
   * @throws MessageFormatException when it is no depth image
   */
  public static Truth depth(ImageView view, long receiveNanos) {
    boolean millimetres =
        switch (view.encoding()) {
          case "16UC1", "mono16" -> true;
          case "32FC1" -> false;
          default ->
              throw new MessageFormatException(
                  "depth must be 16UC1 or 32FC1, got '%s'".formatted(view.encoding()));
        };
    int width = view.width();
    int height = view.height();
    int bytes = millimetres ? Short.BYTES : Float.BYTES;
    checkStep(view, bytes);
    ByteBuffer data =
        view.data().order(view.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    float[] metres = new float[width * height];
    for (int row = 0; row < height; row++) {
      int at = row * view.step();
      int to = row * width;
      for (int column = 0; column < width; column++, at += bytes) {
        float value = millimetres ? fromMillimetres(data.getShort(at)) : data.getFloat(at);
        metres[to + column] = value > 0 && value < Float.POSITIVE_INFINITY ? value : Float.NaN;
      }
    }
    return new Truth(view.stampNanos(), receiveNanos, width, height, metres, null);
  }

  /**
   * Class ids of an image message, mono8.
   *
   * @param view of the message. Not modified.
   * @throws MessageFormatException when it is no image of ids
   */
  public static Truth labels(ImageView view, long receiveNanos) {
    if (!view.encoding().equals("mono8") && !view.encoding().equals("8UC1")) {
      throw new MessageFormatException("labels must be mono8, got '%s'".formatted(view.encoding()));
    }
    checkStep(view, 1);
    ByteBuffer data = view.data();
    byte[] ids = new byte[view.width() * view.height()];
    for (int row = 0; row < view.height(); row++) {
      data.get(row * view.step(), ids, row * view.width(), view.width());
    }
    return new Truth(view.stampNanos(), receiveNanos, view.width(), view.height(), null, ids);
  }

  private static float fromMillimetres(short millimetres) {
    return millimetres == SATURATED ? Float.NaN : Short.toUnsignedInt(millimetres) / 1000f;
  }

  private static void checkStep(ImageView view, int bytes) {
    long pixels = (long) view.width() * view.height();
    if (view.step() < (long) view.width() * bytes || pixels > 1 << 26) {
      throw new MessageFormatException(
          "step of %d bytes does not hold %d %s pixels"
              .formatted(view.step(), view.width(), view.encoding()));
    }
  }
}
