package dev.tarsier.ros.truth;

import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.ros1.message.CameraInfo;
import dev.tarsier.ros.ros1.message.MessageFormatException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Where the calibration of an image topic lies in a recording. */
public final class Calibrations {
  private static final List<String> TRANSPORTS =
      List.of("/compressed", "/compressedDepth", "/theora");

  private Calibrations() {}

  /**
   * The camera_info topic beside an image topic, as drivers have it: {@code camera_info} in the
   * same name space, or RealSense's own {@code …/info/camera_info} beside {@code …/image/data}.
   */
  public static Optional<String> beside(Recording recording, String image) {
    String base = image;
    for (String transport : TRANSPORTS) {
      if (base.endsWith(transport)) {
        base = base.substring(0, base.length() - transport.length());
      }
    }
    String space = base.substring(0, base.lastIndexOf('/') + 1);
    List<String> wanted =
        base.endsWith("/image/data")
            ? List.of(
                base.substring(0, base.length() - "image/data".length()) + "info/camera_info",
                space + "camera_info")
            : List.of(space + "camera_info");
    List<String> names =
        recording.topicsOfType(CameraInfo.TYPE.name()).stream().map(BagTopic::name).toList();
    return wanted.stream().filter(names::contains).findFirst();
  }

  /**
   * The first message of a topic; recorders write an image before the calibration that goes with
   * it.
   *
   * @param topic null for none
   */
  public static Optional<CameraInfo> first(Recording recording, String topic) throws IOException {
    try (Recording.Cursor cursor =
        recording.cursor(connection -> ImageStream.is(connection, topic, CameraInfo.TYPE))) {
      return cursor.next() ? Optional.of(CameraInfo.TYPE.read(cursor.body())) : Optional.empty();
    } catch (MessageFormatException | IllegalArgumentException e) {
      return Optional.empty(); // reported when it is met again
    }
  }
}
