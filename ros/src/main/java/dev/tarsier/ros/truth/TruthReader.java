package dev.tarsier.ros.truth;

import dev.tarsier.ros.port.CameraImage;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.adapter.ImageBodies;
import dev.tarsier.ros.ros1.message.MessageType;
import java.nio.ByteBuffer;

/** Reads the messages of one topic that was taken as truth. One owner thread. */
public final class TruthReader {
  private final ImageStream stream;
  private final boolean depth;
  private final double unit;
  private final boolean byReceive;
  private final DepthRegistration registration;
  private final ImageBodies bodies;

  TruthReader(
      ImageStream stream,
      boolean depth,
      double unit,
      boolean byReceive,
      DepthRegistration registration) {
    this.stream = stream;
    this.depth = depth;
    this.unit = unit;
    this.byReceive = byReceive;
    this.registration = registration;
    this.bodies = new ImageBodies(stream.compressed());
  }

  /** The type of the messages. */
  public MessageType<?> type() {
    return bodies.type();
  }

  /**
   * Reads a message.
   *
   * @param body little endian. Not modified.
   * @param receiveNanos when it was recorded
   * @return in the image's camera, with the time by which it is paired
   * @throws MessageFormatException when it is no such image, or is of another camera than the
   *     topic's first messages, or is to be registered and has another size
   */
  public Truth read(ByteBuffer body, long receiveNanos) {
    CameraImage image = bodies.over(body);
    long stamp = image.stampNanos();
    String frame = image.frameId();
    DepthPlane plane = null;
    Truth ids = null;
    if (image.compressed()) {
      plane = CompressedDepth.decode(image.encoding(), image.data());
    } else if (depth) {
      plane = DepthPlane.of(image);
    } else {
      ids = Truth.labels(image, receiveNanos);
    }
    int width = plane == null ? ids.width() : plane.width();
    int height = plane == null ? ids.height() : plane.height();
    if (!TransformTree.bare(frame).equals(TransformTree.bare(stream.frameId()))
        || (registration != null && (width != stream.width() || height != stream.height()))) {
      throw new MessageFormatException(
          "it is %dx%d of frame '%s', others of the topic are %dx%d of frame '%s'"
              .formatted(width, height, frame, stream.width(), stream.height(), stream.frameId()));
    }
    long time = pairingNanos(stamp, receiveNanos);
    if (plane == null) {
      return new Truth(time, receiveNanos, width, height, null, ids.ids());
    }
    float[] metres = plane.metres(unit);
    return registration == null
        ? new Truth(time, receiveNanos, width, height, metres, null)
        : new Truth(
            time,
            receiveNanos,
            registration.width(),
            registration.height(),
            registration.run(metres),
            null);
  }

  /** The time by which a message is paired: its stamp, or when it was recorded. */
  public long pairingNanos(long stampNanos, long receiveNanos) {
    return byReceive || stampNanos == 0 ? receiveNanos : stampNanos;
  }
}
