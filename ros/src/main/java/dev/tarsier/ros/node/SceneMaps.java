package dev.tarsier.ros.node;

import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.PixelMap;
import dev.tarsier.ros.port.ScaledCamera;
import dev.tarsier.ros.port.Stamp;
import dev.tarsier.runtime.pipeline.Scene;
import dev.tarsier.runtime.task.Head;
import dev.tarsier.runtime.task.Plane;
import java.nio.ByteBuffer;

/** A scene as topics say it. The maps view the scene's buffers, and are valid as long as it. */
public final class SceneMaps {
  private SceneMaps() {}

  /** Counter, stamp and frame of the image that the scene was perceived in. */
  public static Stamp stamp(Scene scene) {
    return new Stamp(scene.sequence(), scene.captureNanos(), scene.frameId());
  }

  /**
   * What a head says, pixel by pixel: ids as {@code mono8}, values as {@code 32FC1}, vectors as
   * {@code 32FC3}.
   *
   * @param head that gives a map
   */
  public static PixelMap of(Stamp stamp, Scene scene, Head head) {
    Plane plane = scene.plane(head.id());
    if (plane.isIds()) {
      return map(stamp, scene, "mono8", 1, plane.ids());
    }
    int channels = plane.channels();
    String encoding = channels == 1 ? "32FC1" : channels == 3 ? "32FC3" : "32FC" + channels;
    return map(stamp, scene, encoding, Float.BYTES * channels, plane.bytes());
  }

  /**
   * Class ids as colours, red first.
   *
   * @param rgb uint8 [h,w,3] from position to limit. Not modified; viewed by the map.
   */
  static PixelMap colors(Stamp stamp, Scene scene, ByteBuffer rgb) {
    return map(stamp, scene, "rgb8", 3, rgb);
  }

  /**
   * Calibration of the scene's maps.
   *
   * @param calibration of the image that was perceived, usable. Not modified.
   */
  public static ScaledCamera camera(Stamp stamp, Scene scene, Calibration calibration) {
    return new ScaledCamera(stamp, calibration.scaledTo(scene.width(), scene.height()));
  }

  private static PixelMap map(
      Stamp stamp, Scene scene, String encoding, int bytesPerPixel, ByteBuffer data) {
    return new PixelMap(
        stamp, scene.height(), scene.width(), encoding, bytesPerPixel * scene.width(), data);
  }
}
