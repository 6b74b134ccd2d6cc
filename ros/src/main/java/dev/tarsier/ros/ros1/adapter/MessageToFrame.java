package dev.tarsier.ros.ros1.adapter;

import dev.tarsier.ros.port.CameraImage;
import dev.tarsier.ros.port.ImageToFrame;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.message.MessageType;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.nio.ByteBuffer;

/** Fills frames from the bodies of image messages, whose headers it reads in place. One thread. */
public final class MessageToFrame {
  private final ImageBodies bodies;
  private final ImageToFrame images = new ImageToFrame();

  /**
   * A conversion.
   *
   * @param compressed whether the messages are {@code sensor_msgs/CompressedImage}
   */
  public MessageToFrame(boolean compressed) {
    this.bodies = new ImageBodies(compressed);
  }

  /** The type of the messages. */
  public MessageType<?> type() {
    return bodies.type();
  }

  /**
   * Fills a leased frame; the message's stamp, frame and pixels are in it afterwards.
   *
   * @param body little endian, from position to limit. Not modified; needed only during the call.
   * @param arrivalNanos {@link System#nanoTime()} of its arrival
   * @param frames where to lease from
   * @return owned by the caller
   * @throws RejectedFrameException when the message holds no image that the product reads
   */
  public Frame run(ByteBuffer body, long arrivalNanos, FramePool frames)
      throws RejectedFrameException {
    CameraImage image;
    try {
      image = bodies.over(body);
    } catch (MessageFormatException e) {
      throw new RejectedFrameException(DropReason.BAD_MESSAGE, e.getMessage());
    }
    return images.run(image, arrivalNanos, frames);
  }
}
