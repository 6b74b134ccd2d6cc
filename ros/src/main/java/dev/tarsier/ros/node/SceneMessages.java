package dev.tarsier.ros.node;

import dev.tarsier.ros.frame.Calibration;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.runtime.scene.Scene;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import java.nio.ByteBuffer;

/**
 * A scene as ROS says it. The images view the scene's buffers, and are valid as long as the scene.
 */
public final class SceneMessages {
  private SceneMessages() {}

  /** Counter, stamp and frame of the image that the scene was perceived in. */
  public static Header header(Scene scene) {
    return new Header(
        (int) scene.sequence(), RosTime.ofNanos(scene.captureNanos()), scene.frameId());
  }

  /**
   * What a head says, pixel by pixel: ids as {@code mono8}, values as {@code 32FC1}, vectors as
   * {@code 32FC3}.
   *
   * @param head that gives a map
   */
  public static Image plane(Header header, Scene scene, Head head) {
    Plane plane = scene.plane(head.id());
    if (plane.isIds()) {
      return image(header, scene, "mono8", 1, plane.ids());
    }
    int channels = plane.channels();
    return image(header, scene, "32FC" + channels, Float.BYTES * channels, plane.bytes());
  }

  /**
   * Class ids as colours, red first.
   *
   * @param rgb uint8 [h,w,3] from position to limit. Not modified; viewed by the message.
   */
  public static Image colors(Header header, Scene scene, ByteBuffer rgb) {
    return image(header, scene, "rgb8", 3, rgb);
  }

  /**
   * Calibration of the scene's images.
   *
   * @param calibration of the image that was perceived, usable. Not modified.
   */
  public static CameraInfo cameraInfo(Header header, Scene scene, Calibration calibration) {
    return calibration.scaledTo(header, scene.width(), scene.height());
  }

  private static Image image(
      Header header, Scene scene, String encoding, int bytesPerPixel, ByteBuffer data) {
    return new Image(
        header,
        scene.height(),
        scene.width(),
        encoding,
        false,
        bytesPerPixel * scene.width(),
        data);
  }
}
