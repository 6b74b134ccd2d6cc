package dev.tarsier.ros.frame;

import dev.tarsier.ros.ros1.message.CompressedImage;
import dev.tarsier.ros.ros1.message.CompressedImageView;
import dev.tarsier.ros.ros1.message.Image;
import dev.tarsier.ros.ros1.message.ImageView;
import dev.tarsier.ros.ros1.message.MessageFormatException;
import dev.tarsier.ros.ros1.message.MessageType;
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
  private static final int LONGEST_NAME = 60;

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
    ByteBuffer bytes = room(frame, raw.dataLength());
    raw.copyData(bytes);
    if (pixels.isWide() && raw.bigEndian()) {
      toLittleEndian(bytes);
    }
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
    PixelEncoding pixels = encodingOf(packed);
    checkLength(packed.dataLength());
    Frame frame = frames.acquire();
    packed.copyData(room(frame, packed.dataLength()));
    frame.describe(
        pixels, 0, 0, 0, packed.stampNanos(), arrivalNanos, packed.frameId(), sequence++);
    return frame;
  }

  private PixelEncoding encodingOf(String name) throws RejectedFrameException {
    if (!name.equals(encodingName)) {
      encodingName = name;
      encoding = PixelEncoding.ofRos(name);
    }
    if (encoding.isEmpty()) {
      String depth =
          name.equals("16UC1") || name.equals("32FC1")
              ? ", which is depth; a colour image is needed"
              : "";
      throw new RejectedFrameException(
          DropReason.UNKNOWN_ENCODING,
          "encoding '%s' is not read%s; known are %s".formatted(shown(name), depth, known(false)));
    }
    return encoding.get();
  }

  /**
   * What a compressed message holds, by its first bytes; drivers write all sorts of formats, or
   * none. Only where the bytes say nothing, and for depth, does the format count.
   *
   * @param packed Not modified.
   * @return empty when it is nothing that the product reads
   */
  public static Optional<PixelEncoding> contentOf(CompressedImageView packed) {
    if (packed.format().contains("compressedDepth")) {
      return Optional.empty();
    }
    Optional<PixelEncoding> found = PixelEncoding.ofFile(packed.firstBytes());
    return found.isPresent() ? found : PixelEncoding.ofCompressedFormat(packed.format());
  }

  private static PixelEncoding encodingOf(CompressedImageView packed)
      throws RejectedFrameException {
    Optional<PixelEncoding> found = contentOf(packed);
    if (found.isEmpty()) {
      throw new RejectedFrameException(
          DropReason.UNKNOWN_ENCODING,
          "compressed image of format '%s' is not read; known are %s"
              .formatted(shown(packed.format()), known(true)));
    }
    return found.get();
  }

  /** A peer may write anything there, of any length. */
  private static String shown(String name) {
    String printable = name.replaceAll("\\p{Cntrl}", "?");
    return printable.length() <= LONGEST_NAME
        ? printable
        : printable.substring(0, LONGEST_NAME) + "...";
  }

  private static String known(boolean compressed) {
    return Arrays.stream(PixelEncoding.values())
        .filter(known -> known.isCompressed() == compressed)
        .map(PixelEncoding::rosName)
        .collect(Collectors.joining(", "));
  }

  private static void toLittleEndian(ByteBuffer samples) {
    for (int at = 0; at + 1 < samples.limit(); at += 2) {
      samples.putShort(at, Short.reverseBytes(samples.getShort(at)));
    }
  }

  /** Room for the data; the frame is closed where the process has no direct memory left. */
  private static ByteBuffer room(Frame frame, int length) throws RejectedFrameException {
    try {
      return frame.prepare(length);
    } catch (OutOfMemoryError e) {
      frame.close();
      throw new RejectedFrameException(
          DropReason.TOO_LARGE, "there is no memory left for an image of " + length + " bytes");
    }
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
