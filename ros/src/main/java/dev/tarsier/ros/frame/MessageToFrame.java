package dev.tarsier.ros.frame;

import dev.tarsier.ros.message.CompressedImage;
import dev.tarsier.ros.message.CompressedImageView;
import dev.tarsier.ros.message.Image;
import dev.tarsier.ros.message.ImageView;
import dev.tarsier.ros.message.MessageFormatException;
import dev.tarsier.ros.message.MessageType;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Fills frames from the bodies of image messages: looks at the header in place and copies the
 * pixels once. Allocates nothing as long as the encoding stays the same. One owner thread.
 */
public final class MessageToFrame {
  private final boolean compressed;
  private final ImageView raw = new ImageView();
  private final CompressedImageView packed = new CompressedImageView();
  private String encodingName = "";
  private Optional<PixelEncoding> encoding = Optional.empty();
  private long sequence;

  /**
   * A conversion.
   *
   * @param compressed whether the messages are {@code sensor_msgs/CompressedImage}
   */
  public MessageToFrame(boolean compressed) {
    this.compressed = compressed;
  }

  /** The type of the messages. */
  public MessageType<?> type() {
    return compressed ? CompressedImage.TYPE : Image.TYPE;
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
    try {
      return compressed
          ? fromPacked(body, arrivalNanos, frames)
          : fromRaw(body, arrivalNanos, frames);
    } catch (MessageFormatException e) {
      throw new RejectedFrameException(DropReason.BAD_MESSAGE, e.getMessage());
    }
  }

  /** Stamp of the last message, nanoseconds since the epoch; also of one that was rejected. */
  public long stampNanos() {
    return compressed ? packed.stampNanos() : raw.stampNanos();
  }

  private Frame fromRaw(ByteBuffer body, long arrivalNanos, FramePool frames)
      throws RejectedFrameException {
    raw.over(body);
    PixelEncoding pixels = encodingOf(raw.encoding());
    checkLength(raw.dataLength());
    Frame frame = frames.acquire();
    raw.copyData(frame.prepare(raw.dataLength()));
    frame.describe(
        pixels,
        raw.width(),
        raw.height(),
        raw.step(),
        raw.stampNanos(),
        arrivalNanos,
        raw.frameId(),
        sequence++);
    return frame;
  }

  private Frame fromPacked(ByteBuffer body, long arrivalNanos, FramePool frames)
      throws RejectedFrameException {
    packed.over(body);
    PixelEncoding pixels = encodingOf(packed.format());
    checkLength(packed.dataLength());
    Frame frame = frames.acquire();
    packed.copyData(frame.prepare(packed.dataLength()));
    frame.describe(
        pixels, 0, 0, 0, packed.stampNanos(), arrivalNanos, packed.frameId(), sequence++);
    return frame;
  }

  private PixelEncoding encodingOf(String name) throws RejectedFrameException {
    if (!name.equals(encodingName)) {
      encodingName = name;
      encoding = compressed ? PixelEncoding.ofCompressedFormat(name) : PixelEncoding.ofRos(name);
    }
    if (encoding.isEmpty()) {
      throw new RejectedFrameException(
          DropReason.UNKNOWN_ENCODING,
          "encoding '%s' is not read; known are %s"
              .formatted(
                  name,
                  Arrays.stream(PixelEncoding.values())
                      .filter(known -> known.isCompressed() == compressed)
                      .map(PixelEncoding::rosName)
                      .collect(Collectors.joining(", "))));
    }
    return encoding.get();
  }

  private static void checkLength(int length) throws RejectedFrameException {
    if (length > FramePool.MAX_FRAME_BYTES) {
      throw new RejectedFrameException(
          DropReason.TOO_LARGE,
          "image of %d bytes is too large, at most %d are taken"
              .formatted(length, FramePool.MAX_FRAME_BYTES));
    }
  }
}
