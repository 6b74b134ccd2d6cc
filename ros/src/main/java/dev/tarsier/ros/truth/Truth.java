package dev.tarsier.ros.truth;

import dev.tarsier.ros.port.CameraImage;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.runtime.task.Plane;
import java.nio.ByteBuffer;

/**
 * What the bag itself knows of one moment: depth or class ids. Exactly one of the arrays is there.
 *
 * @param stampNanos the time by which it is paired with an image
 * @param receiveNanos when it was recorded
 * @param width pixels
 * @param height pixels
 * @param metres float32 [height, width], NaN unknown; null for labels
 * @param ids uint8 [height, width]; null for depth
 */
public record Truth(
    long stampNanos, long receiveNanos, int width, int height, float[] metres, byte[] ids) {
  /** More than any camera has; beyond it a size is taken for damage. */
  static final int MOST_PIXELS = 1 << 24;

  /**
   * Depth of an image message: 16UC1 and mono16 with 0 unknown, 32FC1 in metres with NaN unknown
   * (REP 118); what is not positive and finite is unknown too, and so is a count of 65535, which
   * cameras write where depth is beyond what they can count.
   *
   * @param view of the message. Not modified.
   * @param unit metres to a count of 16UC1 and mono16
   * @throws MessageFormatException when it is no depth image
   */
  public static Truth depth(CameraImage view, long receiveNanos, double unit) {
    DepthPlane plane = DepthPlane.of(view);
    return new Truth(
        view.stampNanos(),
        receiveNanos,
        plane.width(),
        plane.height(),
        plane.metres(plane.counted() ? unit : 1),
        null);
  }

  /**
   * Class ids of an image message, mono8.
   *
   * @param view of the message. Not modified.
   * @throws MessageFormatException when it is no image of ids
   */
  public static Truth labels(CameraImage view, long receiveNanos) {
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

  /** The values, which are not copied. */
  public Plane plane() {
    return ids == null ? Plane.ofValues(metres, width, height, 1) : Plane.ofIds(ids, width, height);
  }

  static void checkStep(CameraImage view, int bytes) {
    long pixels = (long) view.width() * view.height();
    if (view.step() < (long) view.width() * bytes || pixels > MOST_PIXELS) {
      throw new MessageFormatException(
          "step of %d bytes does not hold %d %s pixels, or there are more than %d"
              .formatted(view.step(), view.width(), view.encoding(), MOST_PIXELS));
    }
  }
}
