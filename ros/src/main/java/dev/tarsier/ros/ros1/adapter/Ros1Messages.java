package dev.tarsier.ros.ros1.adapter;

import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.port.NodeStatus;
import dev.tarsier.ros.port.PixelMap;
import dev.tarsier.ros.port.ScaledCamera;
import dev.tarsier.ros.port.Stamp;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.DiagnosticArray;
import dev.tarsier.ros.ros1.message.DiagnosticStatus;
import dev.tarsier.ros.ros1.message.Header;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.KeyValue;
import dev.tarsier.ros.ros1.message.RosTime;
import dev.tarsier.ros.ros1.message.StringMessage;
import dev.tarsier.runtime.health.HealthState;
import java.nio.ByteBuffer;
import java.util.List;

/** What the node says as messages of ROS 1, and what it hears the other way round. Stateless. */
public final class Ros1Messages {
  private Ros1Messages() {}

  /** Pixels are viewed, not copied. */
  public static Image image(PixelMap map) {
    return new Image(
        header(map.stamp()),
        map.height(),
        map.width(),
        map.encoding(),
        false,
        map.step(),
        map.data());
  }

  /** With the same arrays. */
  public static CameraInfo cameraInfo(ScaledCamera camera) {
    return new CameraInfo(header(camera.stamp()), camera.model(), false);
  }

  /**
   * Reads a {@code sensor_msgs/CameraInfo}.
   *
   * @param body little endian. Modified: its position moves to its limit.
   * @throws RuntimeException when it is none
   */
  public static CameraModel cameraModel(ByteBuffer body) {
    return CameraInfo.TYPE.read(body).model();
  }

  static DiagnosticArray diagnostics(NodeStatus status) {
    return new DiagnosticArray(
        new Header(0, RosTime.ofNanos(Math.max(0, status.nanos())), ""),
        List.of(
            new DiagnosticStatus(
                level(status.state()),
                status.name(),
                status.message(),
                status.hardwareId(),
                status.values().stream()
                    .map(each -> new KeyValue(each.key(), each.value()))
                    .toList())));
  }

  static byte level(HealthState state) {
    return switch (state) {
      case OK -> DiagnosticStatus.OK;
      case DEGRADED, STARTING -> DiagnosticStatus.WARN;
      case STALE -> DiagnosticStatus.STALE;
      case ERROR -> DiagnosticStatus.ERROR;
    };
  }

  private static Header header(Stamp stamp) {
    return new Header((int) stamp.sequence(), RosTime.ofNanos(stamp.nanos()), stamp.frameId());
  }

  /** A text as {@code std_msgs/String}. */
  public static StringMessage text(String text) {
    return new StringMessage(text);
  }
}
