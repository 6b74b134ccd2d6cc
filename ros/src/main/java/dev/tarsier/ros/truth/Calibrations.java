package dev.tarsier.ros.truth;

import dev.tarsier.ros.bag.BagConnection;
import dev.tarsier.ros.bag.BagTopic;
import dev.tarsier.ros.bag.Recording;
import dev.tarsier.ros.port.Calibration;
import dev.tarsier.ros.port.CameraModel;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.adapter.Ros1Messages;
import dev.tarsier.ros.ros1.message.CameraInfo;
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
    List<String> names = topics(recording);
    return wanted.stream().filter(names::contains).findFirst();
  }

  /** The topics of calibrations, by name. */
  public static List<String> topics(Recording recording) {
    return recording.topicsOfType(CameraInfo.TYPE.name()).stream().map(BagTopic::name).toList();
  }

  /**
   * Whether a connection is of a topic of calibrations.
   *
   * @param topic null for none
   */
  public static boolean is(BagConnection connection, String topic) {
    return ImageStream.is(connection, topic, CameraInfo.TYPE);
  }

  /**
   * The first message of a topic; recorders write an image before the calibration that goes with
   * it.
   *
   * @param topic null for none
   */
  public static Optional<CameraModel> first(Recording recording, String topic) throws IOException {
    try (Recording.Cursor cursor = recording.cursor(connection -> is(connection, topic))) {
      return cursor.next()
          ? Optional.of(Ros1Messages.cameraModel(cursor.body()))
          : Optional.empty();
    } catch (MessageFormatException | IllegalArgumentException e) {
      return Optional.empty(); // reported when it is met again
    }
  }

  /**
   * The camera of images that are brought to a size. Of rectified ones it is P, and nothing is
   * distorted.
   *
   * @param calibration of the images, usable
   * @param width pixels
   * @param height pixels
   */
  public static CameraModel scaled(
      Calibration calibration, ImageStream images, int width, int height) {
    CameraModel model = calibration.scaledTo(width, height);
    double[] p = model.p();
    return images.rectified() ? CameraModel.pinhole(width, height, p[0], p[5], p[2], p[6]) : model;
  }
}
