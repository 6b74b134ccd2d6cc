package dev.tarsier.ros.ros1.adapter;

import dev.tarsier.ros.port.CameraImage;
import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.ros1.message.CompressedImage;
import dev.tarsier.ros.ros1.message.CompressedImageView;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.message.MessageBody;
import dev.tarsier.ros.ros1.message.MessageType;
import java.nio.ByteBuffer;

/** Looks into the bodies of a topic's image messages. One owner thread. */
public final class ImageBodies {
  private final boolean compressed;
  private final ImageView raw = new ImageView();
  private final CompressedImageView file = new CompressedImageView();

  /**
   * Looks at nothing yet.
   *
   * @param compressed whether the messages are {@code sensor_msgs/CompressedImage}, or else {@code
   *     sensor_msgs/Image}
   */
  public ImageBodies(boolean compressed) {
    this.compressed = compressed;
  }

  /** The types of messages with images: raw, then compressed. */
  public static String[] types() {
    return new String[] {Image.TYPE.name(), CompressedImage.TYPE.name()};
  }

  /** Whether messages of a type are compressed images. */
  public static boolean compressed(String type) {
    return type.equals(CompressedImage.TYPE.name());
  }

  /** The type of the messages. */
  public MessageType<?> type() {
    return compressed ? CompressedImage.TYPE : Image.TYPE;
  }

  /**
   * Looks at a message.
   *
   * @param body little endian, from position to limit. Not modified; must stay as it is while the
   *     image is used.
   * @return valid until the next call
   * @throws MessageFormatException when it is no image
   */
  public CameraImage over(ByteBuffer body) {
    return compressed ? file.over(body) : raw.over(body);
  }

  /**
   * Looks at a message that a connection received.
   *
   * @param body must stay as it is while the image is used, but for {@link CameraImage#fill}
   * @return valid until the next call
   * @throws MessageFormatException when it is no image
   */
  CameraImage over(MessageBody body) {
    return compressed ? file.over(body) : raw.over(body);
  }
}
