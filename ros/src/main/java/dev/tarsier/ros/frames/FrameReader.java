package dev.tarsier.ros.frames;

import dev.tarsier.ros.port.MessageFormatException;
import dev.tarsier.ros.replay.BagTopics;
import dev.tarsier.ros.ros1.adapter.ImageBodies;
import dev.tarsier.ros.ros1.adapter.MessageToFrame;
import dev.tarsier.ros.truth.ImageStream;
import dev.tarsier.ros.truth.ImageStream.Content;
import dev.tarsier.ros.truth.TopicMessages.Message;
import dev.tarsier.ros.truth.Truth;
import dev.tarsier.ros.truth.TruthSource;
import dev.tarsier.runtime.frame.DropReason;
import dev.tarsier.runtime.frame.Frame;
import dev.tarsier.runtime.frame.FramePool;
import dev.tarsier.runtime.frame.RejectedFrameException;
import dev.tarsier.runtime.tensor.ImageToTensor;
import dev.tarsier.runtime.tensor.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/** Reads frames where they lie in a recording. One owner thread. */
final class FrameReader implements AutoCloseable {
  private final boolean compressed;
  private final ImageBodies bodies;
  private final MessageToFrame messages;
  private final Map<Content, TruthSource> sources;
  private final FramePool pool = new FramePool(1);

  /** Of the size of the last image. */
  private ImageToTensor whole;

  private ByteBuffer pixels = ByteBuffer.allocateDirect(0);
  private int width;
  private int height;

  FrameReader(BagTopics topics) {
    ImageStream image = topics.image();
    compressed = image.compressed();
    bodies = new ImageBodies(compressed);
    messages = new MessageToFrame(compressed);
    sources = topics.sources();
  }

  /**
   * An image as it is to be kept.
   *
   * @param rgb its pixels
   * @param jpeg the file that the camera sent, without EXIF; null where it sent none
   */
  record Picture(RgbImage rgb, byte[] jpeg) {}

  /**
   * Reads an image.
   *
   * @throws RejectedFrameException when it is damaged or no image
   */
  Picture picture(RecordedFrame frame) throws IOException, RejectedFrameException {
    ByteBuffer body = frame.image().place().read();
    if (compressed) {
      byte[] file = file(body);
      RgbImage rgb = RgbImage.decode(file);
      return new Picture(rgb, JpegFile.is(file) ? JpegFile.withoutExif(file) : null);
    }
    try (Frame leased = messages.run(body, 0, pool)) {
      prepare(leased.width(), leased.height());
      whole.run(leased, pixels);
      byte[] rgb = new byte[3 * width * height];
      pixels.get(0, rgb);
      return new Picture(new RgbImage(width, height, rgb), null);
    }
  }

  private byte[] file(ByteBuffer body) throws RejectedFrameException {
    try {
      ByteBuffer data = bodies.over(body).data();
      byte[] file = new byte[data.remaining()];
      data.get(file);
      return file;
    } catch (MessageFormatException e) {
      throw new RejectedFrameException(DropReason.BAD_MESSAGE, e.getMessage());
    }
  }

  private void prepare(int newWidth, int newHeight) throws RejectedFrameException {
    if (whole != null && newWidth == width && newHeight == height) {
      return;
    }
    long bytes = 3L * newWidth * newHeight;
    if (newWidth < 1 || newHeight < 1 || bytes > FramePool.MAX_FRAME_BYTES) {
      throw new RejectedFrameException(
          DropReason.TOO_LARGE, "image of %dx%d pixels".formatted(newWidth, newHeight));
    }
    close();
    width = newWidth;
    height = newHeight;
    whole = new ImageToTensor(height, width);
    pixels = ByteBuffer.allocateDirect((int) bytes);
  }

  /**
   * Reads an image at another size, as a network sees it.
   *
   * @param scale to the size
   * @param rgb modified: the pixels
   */
  void pixels(RecordedFrame frame, ImageToTensor scale, ByteBuffer rgb)
      throws IOException, RejectedFrameException {
    try (Frame leased = messages.run(frame.image().place().read(), 0, pool)) {
      scale.run(leased, rgb);
    }
  }

  /**
   * Reads what belongs to an image.
   *
   * @param content which of it
   * @param imageWidth columns of the image
   * @param imageHeight rows of the image
   * @return in the image's camera, of any size; empty where there is none or it is of another shape
   * @throws MessageFormatException when it is damaged
   */
  Optional<Truth> truth(RecordedFrame frame, Content content, int imageWidth, int imageHeight)
      throws IOException {
    Message message = content == Content.DEEP ? frame.depth() : frame.labels();
    if (message == null) {
      return Optional.empty();
    }
    TruthSource source = sources.get(content);
    Truth truth = source.reader().read(message.place().read(), message.receiveNanos());
    return source.fits(truth, imageWidth, imageHeight) ? Optional.of(truth) : Optional.empty();
  }

  @Override
  public void close() {
    if (whole != null) {
      whole.close();
    }
  }
}
