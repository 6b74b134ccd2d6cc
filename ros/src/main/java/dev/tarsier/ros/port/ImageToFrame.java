package dev.tarsier.ros.port;

import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.PixelEncoding;
import dev.tarsier.runtime.frame.RejectedFrameException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Fills frames from a camera's images, without a copy where the images' memory can be taken. Makes
 * no garbage but the frames as long as the encoding stays the same. One owner thread.
 */
public final class ImageToFrame {
  private static final int LONGEST_NAME = 60;

  private String encodingName = "";
  private Optional<PixelEncoding> encoding = Optional.empty();
  private long sequence;

  /** A conversion that counts frames from 0. */
  public ImageToFrame() {}

  /**
   * Fills a leased frame; the image's stamp, frame and pixels are in it afterwards.
   *
   * @param image Not modified; needed only during the call.
   * @param arrivalNanos {@link System#nanoTime()} of its arrival
   * @param frames where to lease from
   * @return owned by the caller
   * @throws RejectedFrameException when it is no image that the product reads
   */
  public Frame run(CameraImage image, long arrivalNanos, FramePool frames)
      throws RejectedFrameException {
    PixelEncoding pixels =
        image.compressed() ? encodingOfFile(image) : encodingOf(image.encoding());
    checkLength(image.dataLength());
    Frame frame = frames.acquire();
    ByteBuffer bytes = fill(frame, image, pixels.isWide() ? Short.BYTES : 1);
    if (pixels.isWide() && image.bigEndian()) {
      toLittleEndian(bytes);
    }
    frame.describe(
        pixels,
        image.width(),
        image.height(),
        image.step(),
        image.stampNanos(),
        arrivalNanos,
        image.frameId(),
        sequence++);
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
          "encoding '%s' is not read%s; known are %s"
              .formatted(shown(name), depth, PixelEncoding.rosNames()));
    }
    return encoding.get();
  }

  /**
   * What a file holds, by its first bytes; drivers write all sorts of formats, or none. Only where
   * the bytes say nothing, and for depth, does the format count.
   *
   * @param file a compressed image. Not modified.
   * @return empty when it is nothing that the product reads
   */
  private static Optional<PixelEncoding> contentOf(CameraImage file) {
    if (file.encoding().contains("compressedDepth")) {
      return Optional.empty();
    }
    Optional<PixelEncoding> found = PixelEncoding.ofFile(file.firstBytes());
    return found.isPresent() ? found : PixelEncoding.ofCompressedFormat(file.encoding());
  }

  private static PixelEncoding encodingOfFile(CameraImage file) throws RejectedFrameException {
    Optional<PixelEncoding> found = contentOf(file);
    if (found.isEmpty()) {
      throw new RejectedFrameException(
          DropReason.UNKNOWN_ENCODING,
          "compressed image of format '%s' is not read; known are %s"
              .formatted(shown(file.encoding()), "jpeg, png"));
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

  private static void toLittleEndian(ByteBuffer samples) {
    for (int at = samples.position(); at + 1 < samples.limit(); at += 2) {
      samples.putShort(at, Short.reverseBytes(samples.getShort(at)));
    }
  }

  /** Fills the frame; it is closed where the process has no direct memory left for a copy. */
  private static ByteBuffer fill(Frame frame, CameraImage image, int alignment)
      throws RejectedFrameException {
    try {
      return image.fill(frame, alignment);
    } catch (OutOfMemoryError e) {
      frame.close();
      throw new RejectedFrameException(
          DropReason.TOO_LARGE,
          "there is no memory left for an image of " + image.dataLength() + " bytes");
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
